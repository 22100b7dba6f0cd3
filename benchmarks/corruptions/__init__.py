"""What the network reads of corrupted images: `python -m benchmarks.corruptions`."""
