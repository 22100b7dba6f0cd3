"""How accuracy grows with the number of training images: the default recipe on some of the 60,000.

    python -m benchmarks.few_images

Each seed draws images of its own, every digit its share, and they stand as often in an epoch as
makes 60,000, so that each size is trained for as many steps. A row goes to
benchmarks/results/few_images.csv as soon as its training has ended; an interrupted run resumes.
"""

from pathlib import Path

import numpy as np

from digits.cli import run
from digits.dataset.holdout import Subset, holdout
from digits.errors import UserError
from digits.params import read_params
from digits.sweep.plan import official_runs
from digits.sweep.runner import train_missing
from digits.sweep.training import read_data, row_of

# Name to number of images and of seeds. seeds.csv has all 60,000.
SIZES = {"600 images": (600, 1), "6,000 images": (6_000, 1)}
TABLE = Path("benchmarks/results/few_images.csv")


def main():
    """Train what is missing, print what it comes to."""
    runs = []
    for name, (_, seeds) in SIZES.items():
        runs += official_runs(name, read_params(), range(seeds))
    table, failures = train_missing(TABLE, runs, train=on_few_images)
    print(table.groupby("recipe", sort=False)["accuracy"].agg(["mean", "min", "max"]))
    if failures:
        raise UserError("\n".join(failures))


def on_few_images(runs):
    """Train as ``run_locally`` of the sweep does, on as many images as the recipe says."""
    data = read_data(runs)
    for one, key in runs.items():
        try:
            size, _ = SIZES[one.recipe]
            few = drawn(*data["train"], size=size, seed=one.seed)
            row = row_of(one, key, data | {"train": few})
        except UserError as error:
            row = error
        yield one, row


def drawn(images, labels, *, size, seed):
    """Draw some of the images, and repeat them to as many as there were, or nearly.

    Returns a :class:`digits.dataset.holdout.Subset` of the images, and their labels. UserError if
    there are not more than ``size``.
    """
    if size >= len(labels):
        raise UserError(f"{size:,} of {len(labels):,} images cannot be drawn")
    _, chosen = holdout(labels, size=size, seed=seed)
    positions = np.tile(chosen, len(labels) // size)
    return Subset(images, positions), labels[positions]


if __name__ == "__main__":
    run(main, name="few_images")
