"""CSV of a sweep: one row per training, written as soon as the training ends."""

import fcntl
import io
import os
import sys
from contextlib import contextmanager

import pandas as pd

from digits.errors import UserError

COLUMNS = [
    "recipe", "split", "seed", "images", "errors", "accuracy", "log_loss",
    "errors_unshifted", "log_loss_unshifted", "seconds", "machine", "key",
]  # fmt: skip
INDEX = ["recipe", "split", "seed", "key"]  # identifies a training


@contextmanager
def open_results(path):
    """Open or create the CSV and yield the file; UserError if another sweep has it open."""
    with open(path, "ab+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until the process ends
        except BlockingIOError as error:
            raise UserError(f"{path}: another sweep writes to it; wait until it ends") from error
        yield file


def read(file):
    """Read the rows, after cutting off an incomplete last line.

    Returns a DataFrame with the columns :data:`COLUMNS`, indexed by :data:`INDEX`. Raises UserError
    if the file is not the CSV of a sweep.
    """
    file.seek(0)
    content = file.read()
    if content and not content.endswith(b"\n"):
        print(f"sweep: {file.name}: removed an incomplete last line", file=sys.stderr)
        content = content[: content.rfind(b"\n") + 1]
        file.truncate(len(content))
    try:
        # A key may look like a number, 1e219, and a split is "official" or a number.
        table = pd.read_csv(io.BytesIO(content), dtype={"recipe": str, "split": str, "key": str})
    except pd.errors.EmptyDataError:
        table = pd.DataFrame(columns=COLUMNS)
    except (pd.errors.ParserError, UnicodeDecodeError):
        table = pd.DataFrame()
    if list(table) != COLUMNS:
        columns = ", ".join(COLUMNS)
        raise UserError(f"{file.name}: is not the CSV of a sweep ({columns}); move it away")
    return table.set_index(INDEX, drop=False)


def append(file, row):
    """Write a row, a dict, and flush it to disk."""
    is_empty = os.fstat(file.fileno()).st_size == 0
    line = pd.DataFrame([row])[COLUMNS].to_csv(index=False, header=is_empty, lineterminator="\n")
    file.write(line.encode())
    file.flush()
    os.fsync(file.fileno())
