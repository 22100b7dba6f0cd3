"""The images that a change fixed and those that it broke."""

from digits.evaluation.figures.grid import image_grid

SHOWN = 50
FIXED_COLOR, BROKEN_COLOR = "#1a7f37", "#c0392b"


def changes_figure(images, pairs):
    """Draw the images that one model reads correctly and the other does not, fixed ones first.

    Args:
        images: uint8 (n, height, width).
        pairs: DataFrame of :func:`digits.review.comparison.paired`.
    """
    changed = pairs[pairs.fixed | pairs.broken].sort_values(["broken", "index"])
    shown = changed.head(SHOWN)
    which = "" if len(shown) == len(changed) else f" (the first {len(shown)} shown)"
    title = f"{pairs.fixed.sum()} fixed, {pairs.broken.sum()} broken{which}: before → after"
    return image_grid(
        images[shown["index"]],
        [f"is {row.actual}: {row.base} → {row.new}" for row in shown.itertuples()],
        title=title,
        colors=[FIXED_COLOR if fixed else BROKEN_COLOR for fixed in shown.fixed],
        empty="No image is fixed or broken.",
    )
