"""data/raw -> data/prepared: uint8 arrays of images and labels, to train and to validate on."""

from pathlib import Path

import numpy as np

from digits.command import run
from digits.dataset.arrays import class_counts
from digits.dataset.holdout import holdout
from digits.dataset.raw import read_pair
from digits.errors import UserError
from digits.files import replacing
from digits.params import read_params

RAW, PREPARED = Path("data/raw"), Path("data/prepared")


def main():
    """Read the raw files strictly, split them as asked, write the four arrays."""
    params = read_params()
    images, labels = read_pair(RAW, "train")
    if params.prepare.validation == "official":
        validation_images, validation_labels = read_pair(RAW, "test")
        if validation_images.shape[1:] != images.shape[1:]:
            raise UserError(
                f"{RAW}: images to train on are {images.shape[1:]} pixels, those to validate on"
                f" {validation_images.shape[1:]}"
            )
    else:
        size, seed = params.prepare.holdout_size, params.prepare.seed
        kept, held_out = holdout(labels, size=size, seed=seed)
        validation_images, validation_labels = images[held_out], labels[held_out]
        images, labels = images[kept], labels[kept]

    with replacing() as new:
        np.save(new(PREPARED / "train_images.npy"), images)
        np.save(new(PREPARED / "train_labels.npy"), labels)
        np.save(new(PREPARED / "validation_images.npy"), validation_images)
        np.save(new(PREPARED / "validation_labels.npy"), validation_labels)
    print(f"prepare: {params.prepare.validation} split, images of each digit:")
    print(class_counts({"train": labels, "validation": validation_labels}).to_string())


if __name__ == "__main__":
    run(main, name="prepare")
