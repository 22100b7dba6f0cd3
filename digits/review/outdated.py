"""Find the stages whose results were not made from the code, data and settings beside them."""

import io
import json
import os
import tarfile
import tempfile
from pathlib import Path

from digits import settings
from digits.review.dvc import dvc, hashes
from digits.review.git import environment_without_git, git, tracked

ABSENT = ("deleted", "not in cache")  # how `dvc status` calls data that is not downloaded


def outdated(commit):
    """List the stages of a commit (None: of the working tree) that ``dvc repro`` would run.

    The files that Git tracks are enough: absent data counts as being what dvc.lock says.
    """
    if commit is None:
        return _outdated(Path(), os.environ)
    with tempfile.TemporaryDirectory(prefix="review-") as folder:
        files = io.BytesIO(git("archive", "--format=tar", commit, "."))
        with tarfile.open(fileobj=files) as archive:
            archive.extractall(folder, filter="data")
        Path(folder, ".dvc/config.local").write_text("[core]\nno_scm = true\n", encoding="utf-8")
        return _outdated(Path(folder), environment_without_git())


def _outdated(folder, environment):
    lock = settings.load(folder / "dvc.lock")
    stages, made = lock["stages"], hashes(lock)
    data = made.keys() - set(tracked())

    def is_due(reason):
        if isinstance(reason, str):  # "changed command"
            return True
        return any(
            not (path in data and change in ABSENT)
            for changes in reason.values()
            for path, change in changes.items()
        )

    status = json.loads(dvc("status", "--json", folder=folder, environment=environment))
    due = {name for name, reasons in status.items() if any(map(is_due, reasons))}
    # `dvc repro train` runs no stage after train, which DVC sees only where the model is present.
    for name, stage in stages.items():
        if any(made.get(dep["path"], dep["md5"]) != dep["md5"] for dep in stage["deps"]):
            due.add(name)
    return [name for name in stages if name in due] + sorted(due - stages.keys())
