"""What holds for all tests."""

import os
import signal

# Before anything imports Keras or matplotlib, which read these once: the tests say nothing about
# kernels and GPUs, use the backend that requirements.txt installs, and need no screen.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["MPLBACKEND"] = "agg"

# Called by make, a make that a test calls would say so, and in which folder.
for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
    os.environ.pop(name, None)

# A shell that puts a job in the background has it ignore Ctrl-C, and so would each program that a
# test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
