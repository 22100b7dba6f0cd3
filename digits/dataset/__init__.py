"""The data: from mirrors to arrays; no TensorFlow."""
