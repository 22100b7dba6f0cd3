"""Pictures read in batches: found in files and folders, made into ink, given to the network."""

import itertools
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from digits import pictures
from digits.doubt import doubt
from digits.errors import UserError
from digits.ink import normalize

BATCH = 256  # pictures read before the network is asked: bounds the memory
THUMBNAIL = 128  # pixels of the longer side of what is kept of a picture
INPUT = "-"  # the name of standard input


@dataclass(frozen=True)
class Reading:
    """What came of one picture.

    Attributes:
        name: of the file, as the user gave it or below the folder that the user gave.
        error: one line that says why there is nothing else; empty if there is.
        thumbnail: uint8 (height, width), the picture, small.
        seen: uint8 (28, 28), what the network saw of it.
        probabilities: float64 (10,), rounded to six places: beyond, they depend on what else is
            in the batch.
    """

    name: str
    error: str = ""
    thumbnail: np.ndarray | None = None
    seen: np.ndarray | None = None
    probabilities: np.ndarray | None = None

    @property
    def ranking(self):
        """The ten digits, the most probable first, ties by digit."""
        return [int(digit) for digit in np.argsort(-self.probabilities, kind="stable")]

    @property
    def confidence(self):
        """The highest probability."""
        return float(self.probabilities.max())

    @property
    def doubt(self):
        """Why the reading is not to be trusted, in a few words; empty if it is."""
        return doubt(self.seen, self.confidence)


def find(files):
    """List what there is to read.

    Args:
        files: names of files and folders, and - for standard input. Of a folder, and of those in
            it, every file with the suffix of a picture is taken, in the order of the names.

    Yields:
        The name of each file, and why there is none to read (empty if there is).
    """
    for name in files:
        if name == INPUT or not Path(name).is_dir():
            yield name, ""
            continue
        inside = list(_inside(name))
        yield from inside or [(name, "a folder without pictures")]


def _inside(folder):
    problems = []
    for parent, folders, names in os.walk(folder, onerror=problems.append):
        folders.sort()
        for name in sorted(names):
            if Path(name).suffix.lower() in pictures.SUFFIXES:
                yield str(Path(parent, name)), ""
    for problem in problems:
        yield str(problem.filename), problem.strerror


def read_all(found, recognizer):
    """Read pictures in batches.

    Args:
        found: an iterable of what :func:`find` yields.
        recognizer: a :class:`digits.recognize.Recognizer`.

    Yields:
        Lists of :class:`Reading`, in the order of the files.

    Raises:
        UserError: the model cannot be loaded; what is wrong with a picture is in its reading.
    """
    found = iter(found)
    while batch := [_prepared(*entry) for entry in itertools.islice(found, BATCH)]:
        sound = [reading.seen for reading in batch if not reading.error]
        if sound:
            rows = iter(_rounded(recognizer.probabilities(np.stack(sound))))
        yield [
            reading
            if reading.error
            else Reading(reading.name, "", reading.thumbnail, reading.seen, next(rows))
            for reading in batch
        ]


def _prepared(name, error):
    if error:
        return Reading(name, error)
    try:
        grey = pictures.decode(_standard_input()) if name == INPUT else pictures.read(name)
        seen = normalize(grey)
    except UserError as problem:
        return Reading(name, str(problem))
    small = Image.fromarray(grey)
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return Reading(name, "", np.asarray(small), seen)


def _standard_input():
    if sys.stdin is None:
        raise UserError("standard input is closed")
    return sys.stdin.buffer.read(pictures.MOST_BYTES + 1)


def _rounded(probabilities):
    probabilities = probabilities.astype(np.float64)
    return (probabilities / probabilities.sum(axis=1, keepdims=True)).round(6)
