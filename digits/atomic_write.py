"""Write several files atomically."""

import errno
import os
from contextlib import contextmanager
from pathlib import Path

PREFIX = ".partial-"  # Git and DVC ignore such files: a killed process can leave one behind


@contextmanager
def atomic_write():
    """Replace several files together, after all of them have been written.

    Yields a function that takes a file's path and returns a temporary path to write to, with the
    same suffix and in the same folder, which is created if needed. When the block succeeds, all
    files are flushed to disk and moved into place. When it raises, the existing files stay as they
    were. Raises OSError if a file was not written or cannot be moved.
    """
    partials = {}

    def new(path):
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        partials[path] = path.with_name(PREFIX + path.name)
        return partials[path]

    try:
        yield new
        for path, partial in partials.items():
            with partial.open("rb") as file:
                os.fsync(file.fileno())
            if path.is_dir():  # checked before any file is moved
                raise IsADirectoryError(errno.EISDIR, "is a folder, not a file", str(path))
        for path, partial in partials.items():
            os.replace(partial, path)
    except OSError as error:
        if error.errno and error.filename is None and partials:  # a full disk names no file
            error.filename = str(next(iter(partials)).parent)
        raise
    finally:
        for partial in partials.values():
            partial.unlink(missing_ok=True)
