"""What all pictures share: size of print, colours, and how they are saved."""

from matplotlib.figure import Figure

TRAIN_COLOR = "#d95f02"
VALIDATION_COLOR = "#1b6ca8"
GRAY = "#6b6b6b"


def new_figure(width, height, *, rows=1, columns=1, **grid):
    """Make a figure of that size in inches and its axes, as ``Figure.subplots`` gives them."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **grid)


def save(figure, path):
    """Write a PNG that holds nothing but the picture: no date, no version."""
    figure.savefig(path, dpi=120, metadata={"Software": None})


def lighten(axes):
    """Leave the frame only where it carries the scales."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e5e5e5", linewidth=0.8)
    axes.set_axisbelow(True)
