"""Reliability diagram."""

from digits.evaluation import scoring
from digits.evaluation.figures import saved_as
from digits.evaluation.figures.style import GRAY, VALIDATION_COLOR, lighten, new_figure


@saved_as("Calibration")
def calibration_figure(results):
    """Draw accuracy against confidence, a point for each bin of equally many images."""
    bins = scoring.calibration_bins(results.labels, results.probabilities)
    error = scoring.calibration_error(bins)
    figure, axes = new_figure(6.5, 5.5)
    low = min(bins["confidence"].min(), bins["low"].min())
    low = max(0.0, low - 0.05 * (1 - low))
    axes.plot([low, 1], [low, 1], color=GRAY, linestyle="--", label="perfect calibration")
    axes.errorbar(
        bins["confidence"],
        bins["accuracy"],
        yerr=[bins["accuracy"] - bins["low"], bins["high"] - bins["accuracy"]],
        fmt="o",
        color=VALIDATION_COLOR,
        capsize=3,
        label="an equal share of the images, with its 95 % interval",
    )
    axes.set(
        xlim=(low, 1 + 0.03 * (1 - low)),
        ylim=(low, 1 + 0.03 * (1 - low)),
        xlabel="mean confidence",
        ylabel="accuracy",
        title=f"Calibration: off by {error:.2%} on average",
    )
    lighten(axes)
    axes.legend(frameon=False, loc="upper left")
    return figure
