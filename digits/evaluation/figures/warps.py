"""What the network is shown in training: some digits and their warps."""

import numpy as np

from digits.evaluation.figures.grid import COLUMNS, image_grid
from digits.network.augment import NUMBERS, warp
from digits.network.model import as_input

DIGITS = 4  # one per row


def warps_figure(images, *, seed, augment):
    """Draw the first images, each followed by four random warps of it.

    Args:
        images: uint8 (n, height, width).
        seed: of the random numbers.
        augment: a :class:`digits.params.Augment`, the ranges of the warps.
    """
    rows = [np.repeat(image[np.newaxis], COLUMNS, axis=0) for image in images[:DIGITS]]
    originals = np.concatenate(rows)
    numbers = np.random.default_rng(seed).uniform(-1, 1, (len(originals), NUMBERS))
    numbers[::COLUMNS] = 0  # the first of each row stays as it is
    warped = warp(as_input(originals), numbers.astype(np.float32), augment)
    captions = ["as it is", *["warped"] * (COLUMNS - 1)] * len(rows)
    return image_grid(
        np.asarray(warped)[..., 0] * 255,
        captions,
        title="Training images, as the network sees them",
    )
