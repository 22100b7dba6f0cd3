"""Images with their labels: read, checked against each other, counted."""

import tokenize

import numpy as np
import pandas as pd

from digits.errors import UserError

CLASSES = 10  # the digits 0 to 9


def check_pair(images, labels, *, where):
    """Check that images, uint8 (n, height, width), and labels, uint8 (n,), belong together.

    Raises:
        UserError: their numbers differ, there are none, or a label is no digit; it says ``where``.
    """
    if images.ndim != 3 or images.dtype != np.uint8 or labels.ndim != 1 or labels.dtype != np.uint8:
        raise UserError(
            f"{where}: images must be uint8 (n, height, width) and labels uint8 (n,), not"
            f" {images.dtype} {images.shape} and {labels.dtype} {labels.shape}"
        )
    if len(images) != len(labels):
        raise UserError(f"{where}: {len(images)} images but {len(labels)} labels")
    if len(images) == 0:
        raise UserError(f"{where}: holds no images")
    wrong = np.flatnonzero(labels >= CLASSES)
    if wrong.size:
        first = wrong[0]
        raise UserError(
            f"{where}: label {labels[first]} of image {first} is no digit; labels go from 0 to"
            f" {CLASSES - 1}"
        )


def load_pair(folder, part):
    """Read what ``prepare`` wrote of a part, ``train`` or ``validation``.

    Returns:
        images, uint8 (n, height, width), and labels, uint8 (n,).

    Raises:
        UserError: a file is missing or damaged, or the two do not fit.
    """
    images, labels = (load_array(folder / f"{part}_{kind}.npy") for kind in ("images", "labels"))
    check_pair(images, labels, where=f"{folder}/{part}_*.npy")
    return images, labels


def load_array(path):
    """Read one .npy file; never a pickle. Raises UserError if it is missing or damaged."""
    try:
        with path.open("rb") as file:
            return np.lib.format.read_array(file, allow_pickle=False)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; dvc repro prepare writes it") from error
    # The header is a Python literal and may claim any size: hence the last three.
    except (ValueError, EOFError, MemoryError, SyntaxError, tokenize.TokenError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"{path}: damaged ({reason}); dvc repro prepare writes it anew") from error


def class_counts(parts):
    """Count the images: a row per digit and one of totals, a column per name.

    ``parts`` is a dict from the name to labels, uint8 (n,).
    """
    counts = pd.DataFrame(
        {name: np.bincount(labels, minlength=CLASSES) for name, labels in parts.items()}
    )
    counts.loc["total"] = counts.sum()
    return counts.rename_axis("digit")
