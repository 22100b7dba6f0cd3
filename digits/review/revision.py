"""Files of any Git revision, without checking it out."""

import subprocess
from pathlib import Path

from digits.errors import UserError


def git(*arguments):
    """Run git in this folder and return what it prints, as bytes; UserError if it fails."""
    done = subprocess.run(["git", *arguments], capture_output=True)  # noqa: S603, S607, no shell
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip().splitlines() or ["failed"]
        raise UserError(f"git {arguments[0]}: {reason[0]}")
    return done.stdout


def commit_of(revision):
    """Give the full hash of the commit that a revision names; UserError if it names none."""
    try:
        return git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").decode().strip()
    except UserError as error:
        raise UserError(
            f"{revision}: no such revision; name a branch, a tag or a commit (fetch it first)"
        ) from error


def read(revision, path):
    """Read the bytes of a file at a revision (None: in the working tree); None if it has none."""
    if revision is None:
        file = Path(path)
        return file.read_bytes() if file.is_file() else None
    if not git("ls-tree", revision, "--", path):
        return None
    return git("show", f"{revision}:{path}")


def uncommitted():
    """List the files of the working tree that differ from HEAD, untracked ones too."""
    return [line[3:] for line in git("status", "--porcelain").decode().splitlines()]
