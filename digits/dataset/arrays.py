"""Images with their labels: read, checked against each other, counted."""

import tokenize

import numpy as np
import pandas as pd

from digits.errors import UserError

CLASSES = 10  # the digits 0 to 9
BLOCK = 1024  # rows written at a time
ENOUGH = 60_000  # images to tell what a trained network is like: all of MNIST's


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
    """Map what ``prepare`` wrote of a part, ``train`` or ``validation``.

    Returns:
        images, uint8 (n, height, width), and labels, uint8 (n,), as :func:`load_array` gives them.

    Raises:
        UserError: a file is missing or damaged, or the two do not fit.
    """
    images, labels = (load_array(folder / f"{part}_{kind}.npy") for kind in ("images", "labels"))
    check_pair(images, labels, where=f"{folder}/{part}_*.npy")
    return images, labels


def load_array(path):
    """Map one .npy file into memory; never a pickle.

    Returns:
        An array that is not to be written to. Its bytes stay in the file until they are asked for,
        and those of the file that was there, even if another takes its place.

    Raises:
        UserError: it is missing or damaged.
    """
    try:
        with np.errstate(over="raise"):
            return np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; dvc repro prepare writes it") from error
    # The header is a Python literal and may claim any size: hence all but the first two.
    except (
        ValueError, EOFError, MemoryError, ArithmeticError, TypeError, SyntaxError,
        tokenize.TokenError,
    ) as error:  # fmt: skip
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"{path}: damaged ({reason}); dvc repro prepare writes it anew") from error


def save_rows(path, array, positions):
    """Write rows of an array as .npy, a block at a time: the bytes that ``numpy.save`` writes.

    Args:
        path: a ``pathlib.Path``.
        array: (n, ...), mapped into memory or not.
        positions: int64 (m,), which rows, in which order.
    """
    header = {
        "descr": np.lib.format.dtype_to_descr(array.dtype),
        "fortran_order": False,
        "shape": (len(positions), *array.shape[1:]),
    }
    # Not through a map: a full disk would kill the process, where a write raises an error.
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, len(positions), BLOCK):
            file.write(array[positions[start : start + BLOCK]].tobytes())


def sample(images, labels):
    """Take 60,000 of the images with their labels: at random, always the same, in their order.

    All of them if they are not more.
    """
    if len(images) <= ENOUGH:
        return images, labels
    chosen = np.random.default_rng(0).choice(len(images), ENOUGH, replace=False, shuffle=False)
    chosen.sort()
    return images[chosen], labels[chosen]


def class_counts(parts):
    """Count the images: a row per digit and one of totals, a column per name.

    ``parts`` is a dict from the name to labels, uint8 (n,).
    """
    counts = pd.DataFrame(
        {name: np.bincount(labels, minlength=CLASSES) for name, labels in parts.items()}
    )
    counts.loc["total"] = counts.sum()
    return counts.rename_axis("digit")
