"""Preview figure: each picture beside the network's input."""

from digits.evaluation.figures.style import new_figure

PAIRS_PER_ROW = 4
UNSURE_COLOR = "#c0392b"
MAX_NAME_LENGTH = 24  # characters of the name above a picture


def preview_figure(readings, captions):
    """Draw the picture and the network's input of each reading, none of which is an error.

    A caption is a short text above the input. It is red if the reading is doubtful.
    """
    columns = min(PAIRS_PER_ROW, len(readings))
    rows = -(-len(readings) // columns)
    size = 3.1 * columns, 1.95 * rows
    figure, grid = new_figure(*size, rows=rows, columns=2 * columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    # A dollar sign in a name does not begin a formula.
    style = {"fontsize": 8, "loc": "left", "parse_math": False}
    pairs = grid.reshape(-1, 2)[: len(readings)]
    for reading, caption, (left, right) in zip(readings, captions, pairs, strict=True):
        left.imshow(reading.thumbnail, cmap="gray", vmin=0, vmax=255)
        right.imshow(reading.seen, cmap="gray", vmin=0, vmax=255)
        is_long = len(reading.name) > MAX_NAME_LENGTH
        name = "…" + reading.name[1 - MAX_NAME_LENGTH :] if is_long else reading.name
        left.set_title(name, **style)
        color = UNSURE_COLOR if reading.doubt else "black"
        right.set_title(f"  → {caption}", color=color, **style)
    return figure
