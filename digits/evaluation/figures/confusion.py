"""The confusion matrix."""

import numpy as np
import seaborn

from digits.evaluation import scoring
from digits.evaluation.figures import saved_as
from digits.evaluation.figures.style import new_figure


@saved_as("Confusion_Matrix")
def confusion_figure(results):
    """Draw the confusion matrix: errors in colour, correct predictions, far more, on gray."""
    matrix = scoring.confusion(results.labels, results.predictions["predicted"])
    diagonal = np.eye(len(matrix), dtype=bool)
    figure, axes = new_figure(8, 7)
    counts = np.where(matrix > 0, matrix.astype(str), "")
    seaborn.heatmap(
        np.ones_like(matrix), mask=~diagonal, annot=counts, fmt="", cmap=["#dfe3e6"],
        cbar=False, linewidths=1, annot_kws={"color": "#333333"}, ax=axes,
    )  # fmt: skip
    seaborn.heatmap(
        matrix, mask=diagonal, annot=counts, fmt="", cmap="Reds", vmin=0,
        vmax=max(5, matrix[~diagonal].max()), linewidths=1,
        cbar_kws={"label": "errors", "shrink": 0.7}, square=True, ax=axes,
    )  # fmt: skip
    errors = int(matrix[~diagonal].sum())
    axes.set(
        xlabel="predicted digit",
        ylabel="actual digit",
        title=f"Confusion matrix: {errors:,} errors in {int(matrix.sum()):,} images",
    )
    axes.tick_params(length=0, labelrotation=0)
    return figure
