"""Read digits from picture files: find the files, normalize the pictures, predict."""

import os
import sys
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from digits.errors import UserError
from digits.handwriting import pictures
from digits.handwriting.normalize import candidates
from digits.handwriting.uncertainty import doubt

THUMBNAIL_SIDE = 128  # pixels of the longer side
STDIN = "-"


@dataclass(frozen=True)
class Reading:
    """The result of reading one picture, or the error.

    Attributes:
        name: path of the file, as the user gave it or inside the folder that the user gave.
        error: one line that says why the picture could not be read; the rest is then not set.
        thumbnail: uint8 (height, width), the picture, scaled down.
        seen: uint8 (28, 28), the input of the network.
        probabilities: float64 (10,), rounded to six digits because further digits depend on the
            processor.
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
    """Read pictures; yield a :class:`Reading` of each, in order, as soon as it is ready.

    As many pictures are read at the same time as the recognizer has threads.

    Args:
        found: an iterable of (name, load), as :func:`find` yields them. ``load()`` returns a
            :class:`digits.handwriting.pictures.Picture` or raises UserError.
        recognizer: a :class:`digits.inference.Recognizer`, whose errors are raised.
    """
    with ThreadPoolExecutor(recognizer.threads) as pool:
        pending = deque()
        for name, load in found:
            pending.append(pool.submit(_read_one, name, load, recognizer))
            if len(pending) > recognizer.threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _read_one(name, load, recognizer):
    try:
        grey, frames = load()
        options = candidates(grey)
    except UserError as problem:
        return Reading(name, str(problem))
    small = Image.fromarray(grey)
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    note = f"one of {frames} pages" if frames > 1 else ""
    reading = Reading(name, thumbnail=np.asarray(small), doubt=note)
    answers = recognizer.predict(np.stack([candidate.image for candidate in options]))
    return _best(reading, list(zip(options, *answers, strict=True)))


def _best(reading, predicted):
    """Choose among (candidate, probabilities, whether it is out of distribution) of a picture.

    The candidates without a doubt vote for their digit, and the first of the winners is chosen. It
    is doubtful if another digit has more than half as many votes or most candidates are doubtful.
    If all are doubtful, the one with the highest confidence is chosen.
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
    return replace(
        reading,
        seen=candidate.image,
        probabilities=probabilities.astype(np.float64).round(6),
        doubt=doubts[best] or reading.doubt,
    )


def find(files):
    """Find the pictures to read: yield (name, load), as :func:`read` takes them.

    Files are names of pictures and folders; ``-`` is standard input. The pictures in a folder and
    in its subfolders are found by their suffixes, sorted by name.
    """
    for name in files:
        if name == STDIN:
            yield name, _standard_input
        elif Path(name).is_dir():
            yield from _in_folder(name)
        else:
            yield name, partial(pictures.read, name)


def _standard_input():
    return pictures.decode(sys.stdin.buffer.read(pictures.MAX_BYTES + 1))


def _in_folder(folder):
    found, problems = [], []
    for parent, folders, names in os.walk(folder, onerror=problems.append):
        folders.sort()
        paths = [Path(parent, name) for name in sorted(names)]
        paths = [path for path in paths if path.suffix.lower() in pictures.SUFFIXES]
        found += [(str(path), partial(pictures.read, path)) for path in paths]
    found += [(error.filename, partial(_fail, error.strerror)) for error in problems]
    return found or [(folder, partial(_fail, "a folder without pictures"))]


def _fail(reason):
    raise UserError(reason)
