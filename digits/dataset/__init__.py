"""Download MNIST, read its files and split it; without TensorFlow."""
