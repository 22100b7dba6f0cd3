"""Read digits from picture files: find the files, normalize the pictures, predict in batches."""

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
from digits.handwriting.normalize import candidates
from digits.handwriting.uncertainty import doubt

BATCH = 256  # pictures per prediction, which limits memory
THUMBNAIL_SIDE = 128  # pixels of the longer side
STDIN = "-"


@dataclass(frozen=True)
class Reading:
    """The result of reading one picture.

    Attributes:
        name: path of the file as the user gave it, or inside the folder that the user gave.
        error: one line that says why the picture could not be read, or an empty text. With an
            error, the other attributes are not set.
        thumbnail: uint8 (height, width), the picture, scaled down.
        seen: uint8 (28, 28), the input of the network.
        probabilities: float64 (10,), rounded to six digits because further digits depend on the
            other pictures in the batch.
        doubt: why the reading is uncertain, in a few words, or an empty text.
    """

    name: str
    error: str = ""
    thumbnail: np.ndarray | None = None
    seen: np.ndarray | None = None
    probabilities: np.ndarray | None = None
    doubt: str = ""

    @property
    def ranking(self):
        """The ten digits by falling probability, ties in ascending order."""
        return [int(digit) for digit in np.argsort(-self.probabilities, kind="stable")]

    @property
    def confidence(self):
        """The highest probability."""
        return float(self.probabilities.max())

    def as_object(self):
        """Return a dict for JSON."""
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
        found: an iterable of (name, load) or (name, load, note), as :func:`find` yields them.
            ``load()`` returns luminance, uint8 (height, width), or raises UserError. The note is
            the doubt of the reading if there is no other.
        recognizer: a :class:`digits.handwriting.recognizer.Recognizer`.

    Yields:
        A :class:`Reading` for each picture, in order. It holds the error if there is one.

    Raises:
        UserError: the model cannot be loaded.
    """
    found = iter(found)
    while batch := [_loaded(*entry) for entry in itertools.islice(found, BATCH)]:
        images = [candidate.image for _, options, _ in batch for candidate in options]
        answers = zip(*recognizer.predict(np.stack(images)), strict=True) if images else iter(())
        for reading, options, note in batch:
            predicted = [(candidate, *next(answers)) for candidate in options]
            yield replace(reading, **_best(predicted, note)) if predicted else reading


def _loaded(name, load, note=""):
    """Load a picture; return its reading so far, its candidates and its note."""
    try:
        grey = load()
        options = candidates(grey)
    except UserError as problem:
        return Reading(name, str(problem)), [], note
    small = Image.fromarray(grey)
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return Reading(name, "", np.asarray(small)), options, note


def _best(predicted, note):
    """Choose among the candidates of a picture.

    The candidates without a doubt vote for their digit, and the first of the winners is chosen. It
    is doubtful if another digit has more than half as many votes or most candidates are doubtful.
    If all are doubtful, the one with the highest confidence is chosen.

    Args:
        predicted: a list of (candidate, probabilities, whether it is out of distribution).
        note: the doubt if there is no other, or an empty text.

    Returns:
        A dict: seen, probabilities and doubt of the :class:`Reading`.
    """
    doubts = [
        candidate.doubt or doubt(candidate.image, probabilities.max(), is_ood=is_ood)
        for candidate, probabilities, is_ood in predicted
    ]
    digits = [int(probabilities.argmax()) for _, probabilities, _ in predicted]
    sure = [index for index, text in enumerate(doubts) if not text]
    if sure:
        votes = Counter(digits[index] for index in sure)
        (digit, most), *others = votes.most_common(2)  # in a tie, the one that came first
        best = next(index for index in sure if digits[index] == digit)
        if (others and others[0][1] > most / 2) or len(sure) < len(predicted) / 2:
            doubts[best] = "one of several readings"
    else:
        best = max(range(len(predicted)), key=lambda index: predicted[index][1].max())
    candidate, probabilities, _ = predicted[best]
    return {
        "seen": candidate.image,
        "probabilities": probabilities.round(6),
        "doubt": doubts[best] or note,
    }


def find(files):
    """Find the pictures to read.

    Args:
        files: names of files and folders; ``-`` is standard input. All pictures in a folder and in
            its subfolders are found by their suffixes, sorted by name.

    Yields:
        (name, load) or (name, load, note), as :func:`read` takes them. For a file that cannot be
        read, ``load`` raises the UserError.
    """
    for name in files:
        if name == STDIN:
            yield name, *_standard_input()
        elif not Path(name).is_dir():
            yield name, *_file(name)
        else:
            nothing = [(name, partial(_fail, "a folder without pictures"))]
            yield from list(_pictures_in(name)) or nothing


def _pictures_in(folder):
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
    # A pipe can be read only once, so its pages are not counted.
    return partial(pictures.read, path), *(_notes(path) if Path(path).is_file() else [])


def from_bytes(content):
    """Return (load,) or (load, note) for the bytes of a picture, as :func:`read` takes them."""
    return partial(pictures.decode, content), *_notes(io.BytesIO(content))


def _notes(file):
    count = pictures.count_frames(file)
    return [f"one of {count} pages"] if count > 1 else []


def _fail(reason):
    raise UserError(reason)


def _standard_input():
    if sys.stdin is None:
        return (partial(_fail, "standard input is closed"),)
    return from_bytes(sys.stdin.buffer.read(pictures.MAX_BYTES + 1))
