"""The rows of a sweep in their CSV: one per training, written as soon as it has ended."""

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
WHICH = ["recipe", "split", "seed", "key"]  # what tells one training from another


class Rows:
    """The CSV, open for one sweep alone."""

    def __init__(self, file):
        self._file = file

    def read(self):
        """Give the rows, as :func:`read` does.

        A last line without an end, which a machine that lost its power may leave, is cut off.
        """
        self._file.seek(0)
        content = self._file.read()
        if content and not content.endswith(b"\n"):
            print(f"sweep: {self._file.name}: a last line without an end is cut", file=sys.stderr)
            content = content[: content.rfind(b"\n") + 1]
            self._file.truncate(len(content))
        return read(io.BytesIO(content), name=self._file.name)

    def append(self, row):
        """Write a row, a dict, so that it outlives whatever comes next."""
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
        UserError: it is another table.
    """
    try:
        # A key may look like a number too large to be one, and a split is official or a number.
        table = pd.read_csv(source, dtype={"recipe": str, "split": str, "key": str})
    except pd.errors.EmptyDataError:
        table = pd.DataFrame(columns=COLUMNS)
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise UserError(f"{name}: is no CSV of a sweep; move it away") from error
    if list(table) != COLUMNS:
        raise UserError(f"{name}: is of no sweep: its columns must be {', '.join(COLUMNS)}")
    return table.set_index(WHICH, drop=False)


@contextmanager
def opened(path):
    """Open the CSV, which is made where there is none; yields :class:`Rows`.

    Raises:
        UserError: another sweep has it open.
    """
    with open(path, "ab+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # ends with the process, even killed
        except BlockingIOError as error:
            raise UserError(f"{path}: another sweep writes to it; wait for its end") from error
        yield Rows(file)
