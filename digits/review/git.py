"""Read files of a Git revision without checking it out, and the state of the working tree."""

import os
import subprocess
from pathlib import Path

from digits.errors import UserError


def git(*arguments, environment=os.environ):
    """Run git in this folder and return its output, bytes; its error in one line is a UserError."""
    done = subprocess.run(  # noqa: S603, no shell
        ["git", "-c", "color.ui=false", *arguments],  # noqa: S607
        capture_output=True,
        env={**environment, "LC_ALL": "C"},  # English, like all messages here
    )
    if done.returncode != 0:
        reason = " ".join(done.stderr.decode(errors="replace").split()) or "failed"
        raise UserError(f"git {arguments[0]}: {reason}")
    return done.stdout


def environment_without_git():
    """Return the environment variables without those that tell Git which repository to use.

    Git sets them for hooks and ``git rebase -x``. A program that inherits them uses that
    repository, whatever folder it runs in.
    """
    local = git("rev-parse", "--local-env-vars").decode().split()
    return {name: value for name, value in os.environ.items() if name not in local}


def commit_of(revision):
    """Return the full hash of the commit that a revision or one of DVC's experiments names.

    Raises UserError if it does not exist, or if there is no repository that Git can read.
    """
    try:
        git("rev-parse", "--git-dir")
    except UserError as error:
        if "not a git repository" not in str(error):
            raise
        raise UserError(
            f"{error}; clone the repository, because a download has no history"
        ) from error
    try:
        return git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").decode().strip()
    except UserError as error:
        newest = ["--sort=-committerdate", "--format=%(objectname) %(refname)"]
        for line in _lines("for-each-ref", *newest, "refs/exps/??/*/*"):
            commit, _, reference = line.partition(" ")
            if reference.rpartition("/")[2] == revision:
                return commit
        raise UserError(
            f"{revision}: no such revision; name a branch, tag, commit or experiment (git fetch may"
            " find it)"
        ) from error


def read(revision, path):
    """Read a file of a revision (None: the working tree), as bytes; None if there is no such file.

    The path is relative to this folder, which need not be the top of the repository.
    """
    if revision is None:
        return Path(path).read_bytes() if Path(path).is_file() else None
    if not git("ls-tree", revision, "--", path):
        return None
    return git("show", f"{revision}:./{path}")


def uncommitted():
    """List the files in this folder that differ from HEAD or are untracked."""
    relative = ["-c", "status.relativePaths=true", "-c", "core.quotePath=false"]
    return [line[3:] for line in _lines(*relative, "status", "--short", "--no-branch", "--", ".")]


def tracked():
    """List the files in this folder that Git tracks."""
    return _lines("-c", "core.quotePath=false", "ls-files")


def conflicts():
    """List the files in this folder with merge conflicts."""
    return _lines("diff", "--name-only", "--relative", "--diff-filter=U")


def _lines(*arguments):
    return git(*arguments).decode(errors="replace").splitlines()
