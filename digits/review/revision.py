"""Files of any Git revision, without checking it out."""

import os
import subprocess
from pathlib import Path

from digits.errors import UserError


def git(*arguments, environment=os.environ):
    """Run git in this folder and return what it prints, as bytes.

    Args:
        arguments: of the command line.
        environment: a mapping; that of this process, or :func:`elsewhere`.

    Raises:
        UserError: it fails; the text is all that Git says of why, and of what would help.
    """
    done = subprocess.run(  # noqa: S603, no shell
        ["git", *arguments],  # noqa: S607
        capture_output=True,
        env={**environment, "LC_ALL": "C"},  # English, as all messages here
    )
    if done.returncode != 0:
        reason = " ".join(done.stderr.decode(errors="replace").split()) or "failed"
        raise UserError(f"git {arguments[0]}: {reason}")
    return done.stdout


def elsewhere():
    """Give an environment for programs that work in another repository.

    To hooks and to ``git rebase -x``, Git says by variables which repository they work in; a
    program that inherits them works there, whatever folder it is in.
    """
    local = git("rev-parse", "--local-env-vars").decode().split()
    return {name: value for name, value in os.environ.items() if name not in local}


def commit_of(revision):
    """Give the full hash of the commit that a revision names.

    Raises:
        UserError: it names none, or there is no repository that Git will read.
    """
    try:
        git("rev-parse", "--git-dir")
    except UserError as error:
        if "not a git repository" not in str(error):
            raise
        raise UserError(f"{error}; a download has no history, a clone has") from error
    try:
        return git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").decode().strip()
    except UserError as error:
        raise UserError(
            f"{revision}: no such revision; name a branch, a tag or a commit (fetch it first)"
        ) from error


def read(revision, path):
    """Read the bytes of a file at a revision (None: in the working tree); None if it has none.

    The path is from this folder, which need not be the top of the repository.
    """
    if revision is None:
        file = Path(path)
        return file.read_bytes() if file.is_file() else None
    if not git("ls-tree", revision, "--", path):
        return None
    return git("show", f"{revision}:./{path}")


def uncommitted():
    """List the files of this folder that differ from HEAD, untracked ones too."""
    relative = ["-c", "status.relativePaths=true", "-c", "core.quotePath=false"]
    return [line[3:] for line in _lines(*relative, "status", "--short", "--no-branch", "--", ".")]


def conflicts():
    """List the files of this folder that a merge has left unresolved."""
    return _lines("diff", "--name-only", "--relative", "--diff-filter=U")


def _lines(*arguments):
    return git(*arguments).decode(errors="replace").splitlines()
