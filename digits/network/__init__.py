"""The network and its training: the only package that imports TensorFlow.

Importing this package imports Keras with default settings, regardless of the user's keras.json and
``KERAS_*`` variables, and hides TensorFlow's startup messages about kernels and GPUs. TensorFlow
writes some of them from C++ to file descriptor 2 before its log level takes effect. Standard error
is therefore redirected during the import, and shown only if the import fails.
"""

import os
import sys
import tempfile

# A user's image format, float type or number of epochs would change the trained network.
for name in [name for name in os.environ if name.startswith("KERAS_")]:
    del os.environ[name]
os.environ["KERAS_BACKEND"] = "tensorflow"  # the backend in requirements.txt
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

with tempfile.TemporaryFile() as captured, tempfile.TemporaryDirectory() as home:
    os.environ["KERAS_HOME"] = home  # an empty folder, without keras.json
    stderr = os.dup(2)
    os.dup2(captured.fileno(), 2)
    try:
        import keras
        import tensorflow as tf

        tf.config.list_physical_devices()  # looks for GPUs, which writes messages too
    except BaseException:
        captured.seek(0)
        os.write(stderr, captured.read())
        raise
    finally:
        sys.stderr.flush()
        os.dup2(stderr, 2)
        os.close(stderr)
        del os.environ["KERAS_HOME"]

__all__ = ["keras", "tf"]
