"""Benchmark of corrupted images: `python -m benchmarks.corruptions`."""
