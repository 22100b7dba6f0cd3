"""Pictures read in batches: found in files and folders, made into ink, given to the network."""

import itertools
import os
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from digits.errors import UserError
from digits.handwriting import pictures
from digits.handwriting.doubt import doubt
from digits.handwriting.ink import normalize

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

    def as_object(self):
        """Give what JSON can hold of it."""
        if self.error:
            return {"file": self.name, "error": self.error}
        return {
            "file": self.name,
            "digit": self.ranking[0],
            "confidence": self.confidence,
            "probabilities": self.probabilities.tolist(),
            "doubt": self.doubt,
        }


def read(found, recognizer):
    """Read pictures, a batch at a time.

    Args:
        found: an iterable of (name, load), where load is a function without arguments that gives
            luminance, uint8 (height, width), or raises UserError; :func:`find` makes such.
        recognizer: a :class:`digits.handwriting.recognizer.Recognizer`.

    Yields:
        A :class:`Reading` of each, in their order; what is wrong with a picture is in its reading.

    Raises:
        UserError: the model cannot be loaded.
    """
    found = iter(found)
    while batch := [_prepared(*entry) for entry in itertools.islice(found, BATCH)]:
        sound = [reading.seen for reading in batch if not reading.error]
        rows = iter(recognizer.probabilities(np.stack(sound)).round(6) if sound else ())
        for reading in batch:
            yield reading if reading.error else replace(reading, probabilities=next(rows))


def _prepared(name, load):
    try:
        grey = load()
        seen = normalize(grey)
    except UserError as problem:
        return Reading(name, str(problem))
    small = Image.fromarray(grey)
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return Reading(name, "", np.asarray(small), seen)


def find(files):
    """List what there is to read, by names of files and folders, and - for standard input.

    Of a folder, and of those in it, every file with a picture's suffix is taken, in order of name.

    Yields:
        The name of each file, and the function that loads it, as :func:`read` takes them.
    """
    for name in files:
        if name == INPUT:
            yield name, _standard_input
        elif not Path(name).is_dir():
            yield name, partial(pictures.read, name)
        else:
            nothing = [(name, partial(_fail, "a folder without pictures"))]
            yield from list(_inside(name)) or nothing


def _inside(folder):
    problems = []
    for parent, folders, names in os.walk(folder, onerror=problems.append):
        folders.sort()
        for name in sorted(names):
            if Path(name).suffix.lower() in pictures.SUFFIXES:
                path = str(Path(parent, name))
                yield path, partial(pictures.read, path)
    for problem in problems:
        yield str(problem.filename), partial(_fail, problem.strerror)


def _fail(reason):
    raise UserError(reason)


def _standard_input():
    if sys.stdin is None:
        raise UserError("standard input is closed")
    return pictures.decode(sys.stdin.buffer.read(pictures.MOST_BYTES + 1))
