"""The confusion matrix."""

import numpy as np
import seaborn

from digits.evaluation.figures.style import new_figure


def confusion_figure(matrix):
    """Draw a confusion matrix in which the errors stand out although they are few.

    The colour tells errors from each other; correct predictions, a hundred times as many, are
    left out of its scale and stand on gray.

    Args:
        matrix: int (classes, classes): row the actual class, column the predicted one.
    """
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
