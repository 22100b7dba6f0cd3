"""Figure of the corruptions and of the accuracy under each."""

import numpy as np

from benchmarks.tables import EXAMPLE, OURS, PREDICT, UNAUGMENTED
from digits.evaluation.figures.style import GRAY, TRAIN_COLOR, VALIDATION_COLOR, lighten, new_figure

MARKS = {
    OURS: ("o", VALIDATION_COLOR),
    UNAUGMENTED: ("s", GRAY),
    EXAMPLE: ("D", TRAIN_COLOR),
    PREDICT: ("^", "#2a9d4a"),
}


def corruptions_figure(table, images):
    """Draw a row per corruption: some images, and the accuracy of each network.

    Args:
        table: DataFrame with the column corruption and a column of accuracies per network.
        images: for each row of the table, uint8 (n, height, width).
    """
    figure, (left, right) = new_figure(
        10, 0.55 * len(table) + 1.1, columns=2, sharey=True, width_ratios=[1, 3.7]
    )
    places = range(len(table))
    for place, few in zip(places, images, strict=True):
        for number, image in enumerate(few):
            around = (number - 0.46, number + 0.46, place + 0.46, place - 0.46)
            left.imshow(image, cmap="gray", vmin=0, vmax=255, extent=around, aspect="auto")
    left.set(xlim=(-0.5, len(images[0]) - 0.5), xticks=[])
    left.set_yticks(places, table["corruption"])
    left.tick_params(length=0)
    left.spines[:].set_visible(False)
    left.set_facecolor("#c9c9c9")  # so that images that are white to the edge are visible
    accuracies = table[list(MARKS)]
    right.hlines(places, accuracies.min(axis=1), accuracies.max(axis=1), color="#d5d5d5")
    for name, (mark, color) in reversed(MARKS.items()):  # ours is drawn on top of the others
        mean = table[name].iloc[1:].mean()
        right.plot(table[name], places, mark, color=color, label=f"{name}: {mean:.1%} on average")
    right.set(xlim=(0, 1.02), ylim=(len(table) - 0.5, -0.5), xlabel="accuracy")
    right.set_xticks(np.linspace(0, 1, 6), [f"{tick} %" for tick in range(0, 101, 20)])
    lighten(right)
    handles, labels = right.get_legend_handles_labels()
    place = {"loc": "outside upper right", "ncols": 2, "frameon": False}
    figure.legend(handles[::-1], labels[::-1], **place)
    return figure
