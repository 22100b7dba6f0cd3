"""``make verify``: reproduces HEAD elsewhere and tells sameness from difference."""

import json
import sys

import pytest

from tests.project import Project

VERIFY = [sys.executable, "-m", "digits.review.verify"]


@pytest.fixture(scope="module")
def committed(tmp_path_factory):
    """Run the pipeline and commit its results."""
    folder = tmp_path_factory.mktemp("verify") / "a clone"
    return Project.with_results(folder, epochs=6, train=300, test=200)


def test_same_bytes(committed):
    """On the machine that made dvc.lock every output has the committed bytes."""
    output = committed.run(*VERIFY)
    assert "verify: every output has the committed bytes" in output
    table = [line.split() for line in output.splitlines() if line.strip().startswith("plots/")]
    assert len(table) == 11
    assert all(same == "yes" for _, same in table)
    assert committed.run("git", "status", "--porcelain") == ""


def rewrite(project, name, change):
    """Change a JSON file of the project by a function of what it holds."""
    path = project.folder / name
    values = json.loads(path.read_text(encoding="utf-8"))
    change(values)
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def test_other_results(committed, tmp_path):
    """Committed results that the committed code does not give are found out."""
    project = committed.copy(tmp_path / "clone")
    rewrite(project, "metrics.json", lambda metrics: metrics.update(errors=0))
    project.commit("metrics made up")
    output = project.run(*VERIFY, fails=True)
    assert "errors 0 -> " in output
    assert "verify: the machine is the one that made dvc.lock, but the bytes differ" in output
    assert "Traceback" not in output


def test_other_machine(committed, tmp_path):
    """On another machine it says what differs there, and holds the results to their interval."""
    project = committed.copy(tmp_path / "clone")
    rewrite(project, "models/environment.json", lambda machine: machine.update(processor="Other 1"))
    project.commit("made elsewhere")
    output = project.run(*VERIFY)
    assert "  processor: Other 1 / " in output
    assert "verify: 100.00% of the predictions agree" in output

    rewrite(project, "metrics.json", lambda metrics: metrics.update(accuracy_low=0.9999))
    project.commit("another interval")
    output = project.run(*VERIFY, fails=True)
    assert "the results differ by more than another machine explains" in output


def test_nothing_committed(tmp_path):
    """Where there is nothing to verify it says so in one line."""
    project = Project(tmp_path / "clone", train=20, test=20)
    output = project.run(*VERIFY, fails=True)
    assert output.strip() == "verify: HEAD has no dvc.lock; run dvc repro and commit what it wrote"
