"""``make verify`` reproduces HEAD in a clone and reports every difference."""

import json
import shutil
import sys

import pytest

from digits.errors import UserError
from digits.review.verify import check, main
from tests.project import Project

VERIFY = [sys.executable, "-m", "digits.review.verify"]


def test_same_bytes(project):
    """On the machine that made dvc.lock, every output is identical to the committed one."""
    output = project.run(*VERIFY)
    assert "every output is identical" in output
    rows = [line.split() for line in output.splitlines() if line.strip().startswith("plots/")]
    assert {name for name, _ in rows} == project.tracked_outputs().keys() - {"metrics.json"}
    assert {same for _, same in rows} == {"yes"}
    assert project.run("git", "status", "--porcelain") == ""


@pytest.mark.slow
def test_git_hook_in_a_larger_repository(project, tmp_path):
    """A project in a subfolder is reproduced like any other, and a Git hook changes nothing."""
    project.run("git", "init", "--quiet", str(tmp_path / "larger"))
    shutil.rmtree(project.folder / ".git")
    project.folder = project.folder.rename(tmp_path / "larger/digits project")
    project.commit("a part")
    before = project.run("git", "status", "--porcelain"), project.run("git", "rev-parse", "HEAD")
    git = str(tmp_path / "larger/.git")
    variables = {"GIT_DIR": git, "GIT_WORK_TREE": "..", "GIT_INDEX_FILE": f"{git}/index"}
    assert "every output is identical" in project.run(*VERIFY, variables=variables)
    after = project.run("git", "status", "--porcelain"), project.run("git", "rev-parse", "HEAD")
    assert after == before


def rewrite(project, name, **changes):
    """Commit a JSON file of the project with changes."""
    values = json.loads(project.read(name)) | changes
    (project.folder / name).write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    project.commit(f"{name} made up")


def test_other_results(finished, project, run_in, capsys):
    """Committed results that the committed code does not produce are shown and an error."""
    rewrite(project, "metrics.json", errors=200)
    with pytest.raises(UserError, match="the machine is the same"):
        run_in(project, check, finished.folder)
    assert "errors 200 -> " in capsys.readouterr().out


def test_other_machine(finished, project, run_in):
    """It lists how another machine differs, and requires the accuracy to be in its interval."""
    rewrite(project, "models/environment.json", processor="Other 1")
    output = run_in(project, check, finished.folder)
    assert "  processor: Other 1 / " in output
    assert "verify: 100.00% of the predictions agree" in output

    rewrite(project, "metrics.json", accuracy_high=0.01)
    with pytest.raises(UserError, match="more than another machine can explain"):
        run_in(project, check, finished.folder)


def test_nothing_committed(tmp_path, run_in):
    """Without committed results, one line says what to do."""
    project = Project(tmp_path / "clone", train=20, test=20)
    with pytest.raises(UserError, match="^HEAD has no dvc.lock; run dvc repro.*$"):
        run_in(project, main)
