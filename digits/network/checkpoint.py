"""Checkpoint of a training on disk, so that an interrupted run can resume."""

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np

from digits.atomic_write import atomic_write


def key_of(*, settings, files):
    """Return the SHA-256 of settings, any JSON value, and of the contents of files, as hex."""
    contents = []
    for path in files:
        with Path(path).open("rb") as file:
            contents.append(hashlib.file_digest(file, "sha256").hexdigest())
    # Sorted, so that the key does not depend on the names and order of the files.
    parts = json.dumps([settings, sorted(contents)], sort_keys=True)
    return hashlib.sha256(parts.encode()).hexdigest()


class Checkpoint:
    """The last saved state of the training that has this key, see :func:`key_of`.

    The folder is for this checkpoint alone: states under other keys are deleted from it.
    """

    def __init__(self, folder, key):
        self._folder = Path(folder)
        self._path = self._folder / f"{key}.npz"
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                if path != self._path:
                    path.unlink()

    def save(self, arrays):
        """Save a dict of numpy arrays, which replaces the last state."""
        with atomic_write() as new:
            np.savez(new(self._path), **arrays)

    def load(self):
        """Return the last state, a dict of numpy arrays; None if it is missing or damaged."""
        broken = (zipfile.BadZipFile, ValueError, EOFError, KeyError, NotImplementedError)
        try:
            # Opened here, because numpy does not close a damaged file that it opened itself.
            # Each array has a checksum, which is verified when it is read.
            with self._path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                return dict(archive)
        except (FileNotFoundError, *broken):
            return None

    def clear(self):
        """Delete the state and its folder, after a finished training."""
        self._path.unlink(missing_ok=True)
        if self._folder.is_dir():
            self._folder.rmdir()
