"""Load, check, save, sample and count arrays of images and labels."""

import tokenize

import numpy as np
import pandas as pd

from digits.errors import UserError

CLASSES = 10  # the digits 0 to 9
BLOCK_SIZE = 1024  # rows written at a time
MAX_SAMPLE = 60_000  # images that temperature and prototypes are fitted to; MNIST has as many


def check_pair(images, labels, *, where):
    """Raise UserError, which begins with ``where``, unless images and labels match.

    The images must be uint8 (n, height, width), n at least 1, and the labels uint8 (n,), 0 to 9.
    """
    if images.ndim != 3 or images.dtype != np.uint8 or labels.ndim != 1 or labels.dtype != np.uint8:
        raise UserError(
            f"{where}: images must be uint8 (n, height, width) and labels uint8 (n,), not"
            f" {images.dtype} {images.shape} and {labels.dtype} {labels.shape}"
        )
    if len(images) != len(labels):
        raise UserError(f"{where}: {len(images)} images but {len(labels)} labels")
    if len(images) == 0:
        raise UserError(f"{where}: contains no images")
    wrong = np.flatnonzero(labels >= CLASSES)
    if wrong.size:
        raise UserError(
            f"{where}: label {labels[wrong[0]]} of image {wrong[0]} is not a digit from 0 to 9"
        )


def load_pair(folder, part):
    """Memory-map the images and labels of a part, ``train`` or ``validation``, read-only.

    Returns images, uint8 (n, height, width), and labels, uint8 (n,). Raises UserError if a file is
    missing or damaged, or if the images and labels do not match.
    """
    images, labels = (load_array(folder / f"{part}_{kind}.npy") for kind in ("images", "labels"))
    check_pair(images, labels, where=f"{folder}/{part}_*.npy")
    return images, labels


def load_array(path):
    """Memory-map an .npy file, read-only; UserError if it is missing, damaged or a pickle.

    If another file replaces this one, the array still has the data of the old file.
    """
    try:
        with np.errstate(over="raise"):
            return np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; run dvc repro prepare to write it") from error
    # The header is a Python literal that may claim any size, which causes all but the first two.
    except (
        ValueError, EOFError, MemoryError, ArithmeticError, TypeError, SyntaxError,
        tokenize.TokenError,
    ) as error:  # fmt: skip
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"{path}: damaged ({reason}); run dvc repro prepare to write it again"
        ) from error


def save_rows(path, array, positions):
    """Write the rows at ``positions``, int64 (m,), as .npy with the bytes of ``numpy.save``.

    The array may be memory-mapped: one block is read at a time.
    """
    header = {
        "descr": np.lib.format.dtype_to_descr(array.dtype),
        "fortran_order": False,
        "shape": (len(positions), *array.shape[1:]),
    }
    # Not memory-mapped: a full disk would kill the process instead of raising an error.
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, len(positions), BLOCK_SIZE):
            file.write(array[positions[start : start + BLOCK_SIZE]].tobytes())


def sample(images, labels):
    """Choose at most 60,000 images and their labels: always the same ones, in their order."""
    if len(images) <= MAX_SAMPLE:
        return images, labels
    chosen = np.random.default_rng(0).choice(len(images), MAX_SAMPLE, replace=False, shuffle=False)
    chosen.sort()
    return images[chosen], labels[chosen]


def class_counts(parts):
    """Count the images of each digit in each part, given as a dict from name to labels, uint8 (n,).

    Returns a DataFrame of int64 with a row per digit, a row for the total and a column per part.
    """
    counts = pd.DataFrame(
        {name: np.bincount(labels, minlength=CLASSES) for name, labels in parts.items()}
    )
    counts.loc["total"] = counts.sum()
    return counts.rename_axis("digit")
