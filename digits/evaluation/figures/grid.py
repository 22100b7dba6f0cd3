"""Grids of digits, each with a caption."""

from digits.evaluation.figures.style import new_figure

COLUMNS = 5


def image_grid(images, captions, *, title, colors=None, empty="nothing to show"):
    """Draw images, (n, height, width) from 0 (white) to 255 (black), in rows of five.

    Each has a caption in its colour, black by default. The figure shows the text ``empty`` if there
    are no images.
    """
    rows = max(1, -(-len(images) // COLUMNS))
    figure, grid = new_figure(
        1.65 * COLUMNS, 1.95 * rows + 0.6, rows=rows, columns=COLUMNS, squeeze=False
    )
    figure.suptitle(title)
    for axes in grid.flat:
        axes.set_axis_off()
    colors = colors or ["black"] * len(images)
    for axes, image, caption, color in zip(grid.flat, images, captions, colors, strict=False):
        axes.imshow(image, cmap="gray_r", vmin=0, vmax=255)
        axes.set_title(caption, fontsize=10, color=color)
    if len(images) == 0:
        figure.text(0.5, 0.4, empty, ha="center", fontsize=14)
    return figure
