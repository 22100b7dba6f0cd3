"""Pictures read in batches: found in files and folders, made into ink, given to the network."""

import io
import itertools
import os
import sys
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from digits.errors import UserError
from digits.handwriting import pictures
from digits.handwriting.doubt import doubt
from digits.handwriting.ink import candidates

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
        doubt: why the reading is not to be trusted, in a few words; empty if it is.
    """

    name: str
    error: str = ""
    thumbnail: np.ndarray | None = None
    seen: np.ndarray | None = None
    probabilities: np.ndarray | None = None
    doubt: str = ""

    @property
    def ranking(self):
        """The ten digits, the most probable first, ties by digit."""
        return [int(digit) for digit in np.argsort(-self.probabilities, kind="stable")]

    @property
    def confidence(self):
        """The highest probability."""
        return float(self.probabilities.max())

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
        found: an iterable of (name, load) or (name, load, note): load is a function without
            arguments that gives luminance, uint8 (height, width), or raises UserError; the note is
            a doubt that is known before. :func:`find` makes such.
        recognizer: a :class:`digits.handwriting.recognizer.Recognizer`.

    Yields:
        A :class:`Reading` of each, in their order; what is wrong with a picture is in its reading.

    Raises:
        UserError: the model cannot be loaded.
    """
    found = iter(found)
    while batch := [_prepared(*entry) for entry in itertools.islice(found, BATCH)]:
        images = [candidate.image for _, choice, _ in batch for candidate in choice]
        answers = zip(*recognizer.ask(np.stack(images)), strict=True) if images else iter(())
        for reading, choice, note in batch:
            known = [(candidate, *next(answers)) for candidate in choice]
            yield replace(reading, **_decided(known, note)) if known else reading


def _prepared(name, load, note=""):
    """Load a picture; give its reading so far, its candidates, and what must be said of it."""
    try:
        grey = load()
        choice = candidates(grey)
    except UserError as problem:
        return Reading(name, str(problem)), [], note
    small = Image.fromarray(grey)
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return Reading(name, "", np.asarray(small)), choice, note


def _decided(known, note):
    """Choose among the candidates of a picture: the first of the digit that most of them show.

    Only those count that are not doubtful; where all are, it is the surest. It is doubtful where
    others count half as much, or where most are doubtful.

    Args:
        known: a list of (candidate, probabilities, whether it is strange).
        note: a doubt about all of them; or empty.
    """
    doubts = [
        candidate.doubt or doubt(candidate.image, probabilities.max(), strange=strange)
        for candidate, probabilities, strange in known
    ]
    digits = [int(probabilities.argmax()) for _, probabilities, _ in known]
    sure = [number for number, text in enumerate(doubts) if not text]
    if sure:
        votes = Counter(digits[number] for number in sure)
        (digit, most), *others = votes.most_common(2)  # of as many, that which came first
        best = next(number for number in sure if digits[number] == digit)
        if (others and others[0][1] > most / 2) or len(sure) < len(known) / 2:
            doubts[best] = "one of several readings"
    else:
        best = max(range(len(known)), key=lambda number: known[number][1].max())
    candidate, probabilities, _ = known[best]
    return {
        "seen": candidate.image,
        "probabilities": probabilities.round(6),
        "doubt": doubts[best] or note,
    }


def find(files):
    """List what there is to read, by names of files and folders, and - for standard input.

    Of a folder, and of those in it, every file with a picture's suffix is taken, in order of name.

    Yields:
        The name of each file, the function that loads it, and what must be said of it if there is
        something, as :func:`read` takes them.
    """
    for name in files:
        if name == INPUT:
            yield name, *_standard_input()
        elif not Path(name).is_dir():
            yield name, *_file(name)
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
                yield path, *_file(path)
    for problem in problems:
        yield str(problem.filename), partial(_fail, problem.strerror)


def _file(path):
    # Of a pipe, what is looked at is gone.
    return partial(pictures.read, path), *(_notes(path) if Path(path).is_file() else [])


def given(content):
    """Give the function that loads bytes, and what must be said of them, as :func:`read` takes."""
    return partial(pictures.decode, content), *_notes(io.BytesIO(content))


def _notes(file):
    count = pictures.count_frames(file)
    return [f"one of {count} pages"] if count > 1 else []


def _fail(reason):
    raise UserError(reason)


def _standard_input():
    if sys.stdin is None:
        return (partial(_fail, "standard input is closed"),)
    return given(sys.stdin.buffer.read(pictures.MOST_BYTES + 1))
