"""The CSV of a sweep: a row per training, written as soon as it ends."""

import fcntl
import io
import os
import sys
from contextlib import contextmanager

import pandas as pd

from digits.errors import UserError

COLUMNS = [
    "recipe", "split", "seed", "images", "errors", "accuracy", "log_loss",
    "errors_one_look", "log_loss_one_look", "seconds", "machine", "key",
]  # fmt: skip
WHICH = ["recipe", "split", "seed", "key"]  # identify a training


class Rows:
    """The open CSV of one sweep."""

    def __init__(self, file):
        self._file = file

    def read(self):
        """Read the rows as :func:`read` does. An incomplete last line is cut off."""
        self._file.seek(0)
        content = self._file.read()
        if content and not content.endswith(b"\n"):
            print(f"sweep: {self._file.name}: a last line without an end is cut", file=sys.stderr)
            content = content[: content.rfind(b"\n") + 1]
            self._file.truncate(len(content))
        return read(io.BytesIO(content), name=self._file.name)

    def append(self, row):
        """Write a row, a dict, and flush it to disk."""
        is_empty = os.fstat(self._file.fileno()).st_size == 0
        line = pd.DataFrame([row])[COLUMNS]
        text = line.to_csv(index=False, header=is_empty, lineterminator="\n")
        self._file.write(text.encode())
        self._file.flush()
        os.fsync(self._file.fileno())


def read(source, *, name):
    """Read rows: a DataFrame with the columns :data:`COLUMNS`, indexed by :data:`WHICH`.

    Args:
        source: a path or an open file.
        name: of it, for the error.

    Raises:
        UserError: it is not the CSV of a sweep.
    """
    try:
        # A key may look like a number, 1e219, and a split is "official" or a number.
        table = pd.read_csv(source, dtype={"recipe": str, "split": str, "key": str})
    except pd.errors.EmptyDataError:
        table = pd.DataFrame(columns=COLUMNS)
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise UserError(f"{name}: is not the CSV of a sweep; move it away") from error
    if list(table) != COLUMNS:
        raise UserError(f"{name}: is not of a sweep: its columns must be {', '.join(COLUMNS)}")
    return table.set_index(WHICH, drop=False)


@contextmanager
def opened(path):
    """Open the CSV, which is made if there is none. Yields :class:`Rows`.

    Raises:
        UserError: another sweep has it open.
    """
    with open(path, "ab+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until the process ends
        except BlockingIOError as error:
            raise UserError(f"{path}: another sweep writes to it; wait until it ends") from error
        yield Rows(file)
