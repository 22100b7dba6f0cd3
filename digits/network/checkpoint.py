"""The state of a training that may be killed, kept on disk from one epoch to the next."""

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np

from digits.files import replacing


def key_of(*, settings, files):
    """Make a key of everything that decides what a training comes to.

    Args:
        settings: what JSON can hold: params, versions, the machine.
        files: paths whose contents count, code and data.

    Returns:
        64 hexadecimal digits; another setting or another byte gives another key.
    """
    contents = []
    for path in files:
        with Path(path).open("rb") as file:
            contents.append(hashlib.file_digest(file, "sha256").hexdigest())
    # Sorted: the key says what the files hold, and not in which folder they lie.
    parts = json.dumps([settings, sorted(contents)], sort_keys=True)
    return hashlib.sha256(parts.encode()).hexdigest()


class Checkpoint:
    """One state in a folder of its own, under the key of the training that it belongs to."""

    def __init__(self, folder, key):
        # States of other keys are of no use any more.
        self._folder = Path(folder)
        self._path = self._folder / f"{key}.npz"
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                if path != self._path:
                    path.unlink()

    def save(self, arrays):
        """Keep a dict of numpy arrays in place of the last one."""
        with replacing() as new:
            np.savez(new(self._path), **arrays)

    def load(self):
        """Return what was kept last, a dict of numpy arrays; None if there is none whole."""
        broken = (zipfile.BadZipFile, ValueError, EOFError, KeyError, NotImplementedError)
        try:
            # Opened here: of a broken file, numpy would leave its own handle open. Every member
            # carries a checksum, which reading it compares.
            with self._path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                return dict(archive)
        except (FileNotFoundError, *broken):
            return None

    def clear(self):
        """Remove the state and its folder: the training has ended well."""
        self._path.unlink(missing_ok=True)
        if self._folder.is_dir():
            self._folder.rmdir()
