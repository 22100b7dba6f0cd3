"""What holds for all tests."""

import os
import signal

# Before anything imports Keras, which reads these once: the tests say nothing about kernels and
# GPUs, and use the backend that requirements.txt installs.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

# Called by make, a make that a test calls would say so, and in which folder.
for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
    os.environ.pop(name, None)

# A shell that puts a job in the background has it ignore Ctrl-C, and so would each program that a
# test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
