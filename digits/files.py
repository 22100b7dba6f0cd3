"""Whole or not at all: files are written beside their place and moved there."""

import errno
import os
from contextlib import contextmanager
from pathlib import Path

PREFIX = ".partial-"  # Git and DVC ignore names that begin so: a kill can leave one behind


@contextmanager
def replacing():
    """Replace files together once all of them are written.

    Yields a function from the path of a file to the path to write to: in the same folder, which
    is made, and with the same suffix. When the block ends well, each file is flushed to disk and
    then all are moved into place. When it raises, what was written is removed and all files stay
    as they were.

    Raises:
        OSError: a file was not written, or cannot be moved.
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
            if path.is_dir():  # found out before the first one is moved
                raise IsADirectoryError(errno.EISDIR, "is a folder, not a file", str(path))
        for path, partial in partials.items():
            os.replace(partial, path)
    except OSError as error:
        if error.filename is None and partials:  # of a full disk, the system names no file
            error.filename = str(next(iter(partials)).parent)
        raise
    finally:
        for partial in partials.values():
            partial.unlink(missing_ok=True)
