"""Import TensorFlow without its lines about kernels and GPUs that nobody asked for.

TensorFlow writes them from C++ to file descriptor 2, some of them before its own log level
counts; so standard error is held back during the import and shown only if that fails.
"""

import os
import sys
import tempfile

with tempfile.TemporaryFile() as held_back:
    stderr = os.dup(2)
    os.dup2(held_back.fileno(), 2)
    try:
        import tensorflow

        tensorflow.config.list_physical_devices()  # looks for a GPU, which writes too
    except BaseException:
        held_back.seek(0)
        os.write(stderr, held_back.read())
        raise
    finally:
        sys.stderr.flush()
        os.dup2(stderr, 2)
        os.close(stderr)
