"""Test whether a change is significant, and whether results are reproducible."""
