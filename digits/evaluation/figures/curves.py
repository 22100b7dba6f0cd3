"""Accuracy and loss over the epochs, training and validation together."""

from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from digits.evaluation.figures import saved_as
from digits.evaluation.figures.style import TRAIN_COLOR, VALIDATION_COLOR, lighten, new_figure

ACCURACY_TICKS = [0.1, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999]


@saved_as("accuracy")
def accuracy_figure(results):
    """Draw the accuracy over the epochs."""
    return curve(results.history, "accuracy")


@saved_as("loss")
def loss_figure(results):
    """Draw the loss over the epochs."""
    return curve(results.history, "loss")


def curve(history, measure):
    """Draw ``measure``, ``accuracy`` or ``loss``, over the epochs of a history.

    The scale is logarithmic in the loss and in the distance of accuracy from 1, because the last
    epochs, which matter most, would otherwise be a flat line.
    """
    figure, axes = new_figure(8, 4.5)
    for column, name, color in (
        (measure, "training (with augmentation and dropout)", TRAIN_COLOR),
        (f"val_{measure}", "validation (averaged weights)", VALIDATION_COLOR),
    ):
        values = history[column]
        if measure == "accuracy":  # 0 and 1 lie infinitely far on the logit scale
            values = values.clip(0.01, 0.9999)
        axes.plot(history["epoch"], values, marker="o", color=color, label=name)
    last = history.iloc[-1]
    value = last[f"val_{measure}"]
    axes.annotate(
        f"{value:.2%}" if measure == "accuracy" else f"{value:.4f}",
        (last["epoch"], values.iloc[-1]),
        textcoords="offset points",
        xytext=(8, 0),
        va="center",
        color=VALIDATION_COLOR,
        annotation_clip=False,
    )
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if measure == "accuracy":
        axes.set(ylabel="accuracy", title="Accuracy by epoch", yscale="logit")
        axes.yaxis.set_major_locator(FixedLocator(ACCURACY_TICKS))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{100 * tick:g} %"))
    else:
        axes.set(
            ylabel="divergence from the smoothed labels (nats)", title="Loss by epoch", yscale="log"
        )
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    lighten(axes)
    axes.legend(frameon=False)
    return figure
