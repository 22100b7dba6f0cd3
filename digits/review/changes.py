"""Figure of the images that a change fixed or broke."""

from digits.evaluation.figures.grid import image_grid

MAX_IMAGES = 50
FIXED_COLOR, BROKEN_COLOR = "#1a7f37", "#c0392b"


def changes_figure(images, pairs):
    """Draw the images, uint8 (n, height, width), that only one of two models predicts correctly.

    Fixed images come first. ``pairs`` is from :func:`digits.review.comparison.pair_predictions`.
    """
    changed = pairs[pairs.fixed | pairs.broken].sort_values(["broken", "index"])
    shown = changed.head(MAX_IMAGES)
    which = "" if len(shown) == len(changed) else f" (first {len(shown)} shown)"
    title = f"{pairs.fixed.sum()} fixed, {pairs.broken.sum()} broken{which}: before → after"
    return image_grid(
        images[shown["index"]],
        [f"true {row.actual}: {row.base} → {row.new}" for row in shown.itertuples()],
        title=title,
        colors=[FIXED_COLOR if fixed else BROKEN_COLOR for fixed in shown.fixed],
        empty="No image was fixed or broken.",
    )
