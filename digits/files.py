"""Whole or not at all: files are written beside their place and moved there."""

import errno
import os
from contextlib import contextmanager
from pathlib import Path

PREFIX = ".partial-"  # Git and DVC ignore names that begin so: a kill can leave one behind


def beside(path):
    """Name the file that ``path`` is written to before it is moved: same folder, same suffix."""
    path = Path(path)
    return path.with_name(PREFIX + path.name)


@contextmanager
def replacing(*paths):
    """Replace files together once all of them are written.

    Yields the paths to write to, one for each of ``paths`` and in their order. When the block
    ends well, each file is flushed to disk and then all are moved into place. When it raises,
    what was written is removed and ``paths`` stay as they were.

    Raises:
        OSError: a file was not written, or cannot be moved.
    """
    partials = [beside(path) for path in paths]
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    try:
        yield partials
        for partial, path in zip(partials, paths, strict=True):
            with partial.open("rb") as file:
                os.fsync(file.fileno())
            if Path(path).is_dir():  # found out before the first one is moved
                raise IsADirectoryError(errno.EISDIR, "is a folder, not a file", str(path))
        for partial, path in zip(partials, paths, strict=True):
            os.replace(partial, path)
    except OSError as error:
        if error.filename is None:  # of a full disk, the system names no file
            error.filename = str(Path(paths[0]).parent)
        raise
    finally:
        for partial in partials:
            partial.unlink(missing_ok=True)
