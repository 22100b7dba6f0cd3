"""What holds for all tests."""

import os

# Before anything imports Keras or matplotlib, which read these once: the tests say nothing about
# kernels and GPUs, use the backend that requirements.txt installs, and need no screen.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["MPLBACKEND"] = "agg"
