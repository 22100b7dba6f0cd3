"""Which of the training images are held out for tuning, and how to read only some of them."""

import numpy as np
from sklearn.model_selection import train_test_split

from digits.errors import UserError


class Subset:
    """Some rows of an array, in place of a copy of them: those that are asked for are read."""

    def __init__(self, array, positions):
        self._array = array
        self._positions = positions
        self.shape = (len(positions), *array.shape[1:])

    def __len__(self):
        """Give the number of rows."""
        return len(self._positions)

    def __getitem__(self, rows):
        """Read rows, by a slice or by their numbers: an array."""
        return self._array[self._positions[rows]]


def holdout(labels, *, size, seed):
    """Choose ``size`` images to hold out, by labels, uint8 (n,): each class keeps its share.

    Returns:
        The positions of the images to train on and of those held out, each int64 and ascending.

    Raises:
        UserError: so many cannot be held out of these labels.
    """
    try:
        train, held_out = train_test_split(
            np.arange(len(labels)), test_size=size, random_state=seed, stratify=labels
        )
    except ValueError as error:
        raise UserError(
            f"prepare.holdout_size: {size} of {len(labels)} images cannot be held out: {error}"
        ) from error
    return np.sort(train), np.sort(held_out)
