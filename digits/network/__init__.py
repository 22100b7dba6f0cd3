"""The network and its training: the one door to TensorFlow.

Importing this package sets Keras up, whatever the user's keras.json says, and imports TensorFlow
without its lines about kernels and GPUs that nobody asked for. It writes them from C++ to file
descriptor 2, some of them before its own log level counts; so standard error is held back meanwhile
and shown only if that fails.
"""

import os
import sys
import tempfile

# Another image format, float type or number of epochs would train another network.
for name in [name for name in os.environ if name.startswith("KERAS_")]:
    del os.environ[name]
os.environ["KERAS_BACKEND"] = "tensorflow"  # the one that requirements.txt installs
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

with tempfile.TemporaryFile() as held_back, tempfile.TemporaryDirectory() as home:
    os.environ["KERAS_HOME"] = home  # where there is no keras.json
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
        del os.environ["KERAS_HOME"]

__all__ = ["keras", "tf"]
