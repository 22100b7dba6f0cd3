"""What every test shares."""

import os

# Before anything imports Keras: as the stages set them, so that tests see what the stages see.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["MPLBACKEND"] = "agg"
