"""Stratified split of the training images into training and holdout."""

import numpy as np

from digits.errors import UserError


class Subset:
    """A view of the rows at ``positions``, int64 (m,), of an array; reads them only on access."""

    def __init__(self, array, positions):
        self._array = array
        self._positions = positions
        self.shape = (len(positions), *array.shape[1:])

    def __len__(self):
        """Return the number of rows."""
        return len(self._positions)

    def __getitem__(self, rows):
        """Return the rows at a slice or an array of indices, as an array."""
        return self._array[self._positions[rows]]


def holdout(labels, *, size, seed):
    """Choose ``size`` images to hold out, stratified by their labels, uint8 (n,).

    Returns the positions of the training and of the holdout images, each int64, ascending. Raises
    UserError if no stratified holdout of this size exists.
    """
    from sklearn.model_selection import train_test_split  # here, because it changes os.environ

    try:
        train, held_out = train_test_split(
            np.arange(len(labels)), test_size=size, random_state=seed, stratify=labels
        )
    except ValueError as error:
        raise UserError(
            f"prepare.holdout_size: cannot hold out {size} of {len(labels)} images: {error}"
        ) from error
    return np.sort(train), np.sort(held_out)
