"""Split the data: data/raw -> data/prepared, uint8 arrays for training and validation."""

from pathlib import Path

import numpy as np

from digits.atomic_write import atomic_write
from digits.cli import run
from digits.dataset.arrays import class_counts, save_rows
from digits.dataset.holdout import holdout
from digits.dataset.idx import read_pair
from digits.errors import UserError
from digits.packages import warn
from digits.params import read_params

RAW, PREPARED = Path("data/raw"), Path("data/prepared")


def main():
    """Check the raw files, split them as params.yaml says and write four arrays."""
    params = read_params()
    warn("prepare")
    images, labels = read_pair(RAW, "train")
    if params.prepare.validation == "official":
        validation_images, validation_labels = read_pair(RAW, "test")
        if validation_images.shape[1:] != images.shape[1:]:
            raise UserError(
                f"{RAW}: training images have {images.shape[1:]} pixels, but validation images"
                f" have {validation_images.shape[1:]}"
            )
        kept, held_out = np.arange(len(labels)), np.arange(len(validation_labels))
    else:
        size, seed = params.prepare.holdout_size, params.prepare.seed
        kept, held_out = holdout(labels, size=size, seed=seed)
        validation_images, validation_labels = images, labels

    # The images are memory-mapped: RAM holds only their positions.
    with atomic_write() as new:
        save_rows(new(PREPARED / "train_images.npy"), images, kept)
        save_rows(new(PREPARED / "train_labels.npy"), labels, kept)
        save_rows(new(PREPARED / "validation_images.npy"), validation_images, held_out)
        save_rows(new(PREPARED / "validation_labels.npy"), validation_labels, held_out)
    print(f"prepare: {params.prepare.validation} split, images per digit:")
    parts = {"train": labels[kept], "validation": validation_labels[held_out]}
    print(class_counts(parts).to_string())


if __name__ == "__main__":
    run(main, name="prepare")
