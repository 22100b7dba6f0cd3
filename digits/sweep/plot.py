"""Figure of a sweep: the errors of all runs, and each recipe's difference from the first."""

from digits.evaluation.figures.style import GRAY, TRAIN_COLOR, VALIDATION_COLOR, lighten, new_figure
from digits.sweep.table import summary

MARKERS = "osD^vP*X"  # one per split; more splits reuse them


def sweep_figure(rows):
    """Draw the errors of each run, and the 95 % intervals of the differences."""
    table = summary(rows)
    figure, (left, right) = new_figure(10, 1.6 + 0.6 * len(table), columns=2, sharey=True)
    splits = list(rows["split"].unique())
    for place, row in enumerate(table.itertuples()):
        own = rows[rows["recipe"] == row.recipe]
        for number, split in enumerate(splits):
            errors = own.loc[own["split"] == split, "errors"]
            height = place + 0.3 * ((number + 1) / (len(splits) + 1) - 0.5)
            left.plot(
                errors,
                [height] * len(errors),
                MARKERS[number % len(MARKERS)],
                color=VALIDATION_COLOR,
                alpha=0.6,
                label=f"split {split}" if place == 0 else None,
            )
        ends = place - 0.3, place + 0.3
        left.vlines(row.errors, *ends, color=TRAIN_COLOR, label=None if place else "mean")
        if row.pairs >= 2:
            right.hlines(place, row.low, row.high, color=VALIDATION_COLOR, linewidth=2)
            right.plot(row.difference, place, "o", color=VALIDATION_COLOR)
    left.set(xlabel="errors of each run", yticks=range(len(table)), yticklabels=table["recipe"])
    left.invert_yaxis()
    left.legend(frameon=False, fontsize="small")
    right.axvline(0, color=GRAY, linewidth=1)
    right.set(xlabel=f"errors minus those of {table['recipe'][0]}, 95 % interval")
    for axes in (left, right):
        lighten(axes)
    return figure
