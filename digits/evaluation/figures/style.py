"""Style, colours and saving of all figures."""

import matplotlib.style
from matplotlib.figure import Figure

TRAIN_COLOR = "#d95f02"
VALIDATION_COLOR = "#1b6ca8"
GRAY = "#6b6b6b"


def new_figure(width, height, *, rows=1, columns=1, **grid):
    """Create a figure of this size in inches and its axes, as ``Figure.subplots`` returns them."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **grid)


def save(path, draw, *arguments):
    """Write the ``Figure`` that ``draw(*arguments)`` returns as a PNG without date and version.

    Both drawing and saving use matplotlib's default settings, whatever the user's matplotlibrc.
    """
    with matplotlib.style.context("default", after_reset=True):
        draw(*arguments).savefig(path, dpi=120, metadata={"Software": None})


def lighten(axes):
    """Draw the frame only where it has ticks, and a light grid."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e5e5e5", linewidth=0.8)
    axes.set_axisbelow(True)
