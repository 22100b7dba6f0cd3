"""One file a module, and the whole pipeline on small data."""
