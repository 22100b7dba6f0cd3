"""Which of the training images are held out for tuning."""

import numpy as np
from sklearn.model_selection import train_test_split

from digits.errors import UserError


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
