"""What all figures share: their style, their colours and how they are saved."""

import matplotlib.style
from matplotlib.figure import Figure

TRAIN_COLOR = "#d95f02"
VALIDATION_COLOR = "#1b6ca8"
GRAY = "#6b6b6b"


def new_figure(width, height, *, rows=1, columns=1, **grid):
    """Make a figure of that size in inches and its axes, as ``Figure.subplots`` gives them."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **grid)


def save(path, draw, *arguments):
    """Write the ``Figure`` that ``draw(*arguments)`` returns as a PNG without date and version.

    Both drawing and saving read matplotlib's settings. They are the defaults for the time of
    both, so that a matplotlibrc of the user changes no picture.
    """
    with matplotlib.style.context("default", after_reset=True):
        draw(*arguments).savefig(path, dpi=120, metadata={"Software": None})


def lighten(axes):
    """Leave the frame only where it carries the scales."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e5e5e5", linewidth=0.8)
    axes.set_axisbelow(True)
