"""ROC curves, one per class."""

import seaborn

from digits.evaluation import scoring
from digits.evaluation.figures import saved_as
from digits.evaluation.figures.style import lighten, new_figure

LOWEST_RATE = 5e-5  # of false positives, on the logarithmic axis


@saved_as("ROC_curves")
def roc_figure(results):
    """Draw the ROC curve of each class, magnified at few false positives, where they differ."""
    curves = scoring.roc_curves(results.labels, results.probabilities)
    figure, axes = new_figure(8, 5.5)
    palette = seaborn.color_palette("tab10", 10)
    lowest = 1.0
    for digit, (false_rate, true_rate, area) in curves.items():
        axes.step(
            false_rate.clip(LOWEST_RATE),
            true_rate,
            where="post",
            color=palette[digit],
            label=f"{digit}   area {area:.6f}",
        )
        lowest = min(lowest, true_rate[false_rate > 0].min(initial=1.0))
    axes.set(
        xscale="log",
        xlim=(LOWEST_RATE, 1),
        ylim=(lowest - 0.1 * (1 - lowest) - 0.001, 1 + 0.05 * (1 - lowest) + 0.0005),
        xlabel="false positive rate (share of other digits predicted as this digit)",
        ylabel="true positive rate (share of this digit predicted correctly)",
        title="ROC curves, each digit against the rest",
    )
    lighten(axes)
    if curves:
        axes.legend(title="digit", frameon=False, loc="lower right")
    return figure
