"""The network and its training: the one door to TensorFlow.

Importing this package sets Keras' backend and imports TensorFlow without its lines about kernels
and GPUs that nobody asked for. It writes them from C++ to file descriptor 2, some of them before
its own log level counts; so standard error is held back meanwhile and shown only if that fails.
"""

import os
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "tensorflow"  # the one that requirements.txt installs
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

with tempfile.TemporaryFile() as held_back:
    stderr = os.dup(2)
    os.dup2(held_back.fileno(), 2)
    try:
        import keras
        import tensorflow as tf

        tf.config.list_physical_devices()  # looks for a GPU, which writes too
    except BaseException:
        held_back.seek(0)
        os.write(stderr, held_back.read())
        raise
    finally:
        sys.stderr.flush()
        os.dup2(stderr, 2)
        os.close(stderr)

__all__ = ["keras", "tf"]
