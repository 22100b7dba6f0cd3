"""Pictures beside what the network saw of them."""

from digits.evaluation.figures.style import new_figure

PAIRS = 4  # per row
UNSURE_COLOR = "#c0392b"
LONGEST = 24  # characters of a name that stand above a picture


def seen_figure(readings, captions):
    """Draw each picture with what the network saw of it to its right.

    Args:
        readings: list of :class:`digits.handwriting.reading.Reading` without errors; one at least.
        captions: what each was read as, a short text; red where the reading is doubtful.
    """
    columns = min(PAIRS, len(readings))
    rows = -(-len(readings) // columns)
    figure, grid = new_figure(
        3.1 * columns, 1.95 * rows, rows=rows, columns=2 * columns, squeeze=False
    )
    for axes in grid.flat:
        axes.set_axis_off()
    # A name is only text: a dollar sign in it begins no formula.
    style = {"fontsize": 8, "loc": "left", "parse_math": False}
    pairs = grid.reshape(-1, 2)[: len(readings)]
    for reading, caption, (left, right) in zip(readings, captions, pairs, strict=True):
        left.imshow(reading.thumbnail, cmap="gray", vmin=0, vmax=255)
        right.imshow(reading.seen, cmap="gray", vmin=0, vmax=255)
        name = reading.name if len(reading.name) <= LONGEST else "…" + reading.name[1 - LONGEST :]
        left.set_title(name, **style)
        color = UNSURE_COLOR if reading.doubt else "black"
        right.set_title(f"  → {caption}", color=color, **style)
    return figure
