"""The pictures: each module draws one kind, and gives it as a matplotlib Figure.

They depend on what is here alone: not on the user's matplotlibrc, screen or notebook.
"""

import os

# Before matplotlib is imported, which would stop at a file that it cannot read.
os.environ["MPLBACKEND"] = "agg"
os.environ["MATPLOTLIBRC"] = os.devnull

import matplotlib

matplotlib.rcdefaults()  # of a matplotlibrc in this folder, which nothing keeps it from reading
