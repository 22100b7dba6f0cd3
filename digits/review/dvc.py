"""Run DVC as users do, and explain its failures in one line."""

import os
import subprocess
import sys

from digits.errors import UserError

TIMEOUT = 300  # seconds; hashing all data takes seconds, but DVC can wait for a server without end


def dvc(*arguments, folder=".", environment=os.environ):
    """Run DVC in a folder and return what it prints; its error in one line is a UserError."""
    command = " ".join(["dvc", *arguments[:2]])
    try:
        done = subprocess.run(  # noqa: S603, no shell
            [sys.executable, "-m", "dvc", *arguments],
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            env={**environment, "PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"},
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{command}: no answer within {TIMEOUT} s") from error
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines() or ["failed"]
        raise UserError(f"{command}: {reason[-1]}")
    return done.stdout


def hashes(lock):
    """Return the MD5 of each output in the contents of a dvc.lock, a dict by its path."""
    return {out["path"]: out["md5"] for stage in lock["stages"].values() for out in stage["outs"]}


def diff(kind, revision):
    """Compare ``metrics`` or ``params`` with those of a revision; return Markdown."""
    table = dvc(kind, "diff", "--md", revision).strip()
    # A table of two lines has a heading but no rows.
    return table if len(table.splitlines()) > 2 else "No change."
