"""Validation images with what the network read in them."""

from digits.evaluation.figures.grid import image_grid

FIRST = 25
MISTAKES = 50  # a page of them; a network that has more is looked at by its confusion matrix
WRONG_COLOR = "#c0392b"


def first_figure(images, predictions):
    """Draw the first 25 images with their actual and predicted digits, wrong ones in red.

    Args:
        images: uint8 (n, height, width).
        predictions: DataFrame of :func:`digits.evaluation.scoring.predictions_table`.
    """
    first = predictions.head(FIRST)
    return image_grid(
        images[:FIRST],
        [f"actual {a}, predicted {p}" for a, p in zip(first.actual, first.predicted, strict=True)],
        title=f"The first {len(first)} validation images",
        colors=[WRONG_COLOR if wrong else "black" for wrong in first.actual != first.predicted],
    )


def mistakes_figure(images, predictions, *, disputed=()):
    """Draw the wrong predictions, the most confident first, ties by index; or say there are none.

    Args:
        images: uint8 (n, height, width).
        predictions: DataFrame of :func:`digits.evaluation.scoring.predictions_table`.
        disputed: positions of images whose labels are disputed: these are marked.
    """
    wrong = predictions[predictions.actual != predictions.predicted]
    shown = wrong.sort_values(["confidence", "index"], ascending=[False, True]).head(MISTAKES)
    which = "all" if len(shown) == len(wrong) else f"the {len(shown)} most confident"
    title = f"Incorrectly classified: {which} of {len(wrong)}, by confidence (actual → predicted)"
    marks = ["  ?" if index in disputed else "" for index in shown["index"]]
    if any(marks):
        title += "\n?: the label itself is disputed (Northcutt et al., 2021)"
    return image_grid(
        images[shown["index"]],
        [
            f"{row.actual} → {row.predicted}   {row.confidence:.1%}{mark}"
            for row, mark in zip(shown.itertuples(), marks, strict=True)
        ],
        title=title if len(wrong) else "Incorrectly classified images",
        empty=f"All {len(predictions)} images are classified correctly.",
    )
