"""The pictures: each module draws one kind, and gives it as a matplotlib Figure."""

import os

# Before matplotlib is imported: pictures need no screen, whatever the surroundings ask for.
os.environ["MPLBACKEND"] = "agg"
