"""What DVC runs: one script a stage, which reads params, calls digits and writes the outputs."""

import os

# For the processes of the stages: no news about kernels and GPUs that were not asked for, the
# backend that requirements.txt installs, and pictures without a screen.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["MPLBACKEND"] = "agg"
