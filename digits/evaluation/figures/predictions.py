"""Validation images with their actual and predicted digits."""

from digits.evaluation.disputed import disputed
from digits.evaluation.figures import saved_as
from digits.evaluation.figures.grid import image_grid

FIRST = 25
MISTAKES = 50  # at most
WRONG_COLOR = "#c0392b"


@saved_as("First_25_images")
def first_figure(results):
    """Draw the first 25 images with their actual and predicted digits, wrong ones in red."""
    first = results.predictions.head(FIRST)
    return image_grid(
        results.images[:FIRST],
        [f"actual {a}, predicted {p}" for a, p in zip(first.actual, first.predicted, strict=True)],
        title=f"The first {len(first)} validation images",
        colors=[WRONG_COLOR if wrong else "black" for wrong in first.actual != first.predicted],
    )


@saved_as("Incorrectly_classified_images")
def mistakes_figure(results):
    """Draw the wrong predictions, the most confident first; disputed labels have a mark."""
    predictions, doubtful = results.predictions, disputed(results.labels)
    wrong = predictions[predictions.actual != predictions.predicted]
    shown = wrong.sort_values(["confidence", "index"], ascending=[False, True]).head(MISTAKES)
    which = "all" if len(shown) == len(wrong) else f"the {len(shown)} most confident"
    title = f"Incorrectly classified: {which} of {len(wrong)}, by confidence (actual → predicted)"
    marks = ["  ?" if index in doubtful else "" for index in shown["index"]]
    if any(marks):
        title += "\n?: the label itself is disputed (Northcutt et al., 2021)"
    return image_grid(
        results.images[shown["index"]],
        [
            f"{row.actual} → {row.predicted}   {row.confidence:.1%}{mark}"
            for row, mark in zip(shown.itertuples(), marks, strict=True)
        ],
        title=title if len(wrong) else "Incorrectly classified images",
        empty=f"All {len(predictions)} images are classified correctly.",
    )
