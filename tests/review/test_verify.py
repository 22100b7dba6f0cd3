"""``make verify`` reproduces HEAD in a clone and reports every difference."""

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
    """On the machine that made dvc.lock, every output is identical to the committed one."""
    output = committed.run(*VERIFY)
    assert "every output is identical" in output
    table = [line.split() for line in output.splitlines() if line.strip().startswith("plots/")]
    assert len(table) == 11
    assert all(same == "yes" for _, same in table)
    assert committed.run("git", "status", "--porcelain") == ""


def rewrite(project, name, change):
    """Edit a JSON file of the project; ``change`` edits the parsed values in place."""
    path = project.folder / name
    values = json.loads(path.read_text(encoding="utf-8"))
    change(values)
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def test_other_results(committed, tmp_path):
    """Committed results that the committed code does not produce are an error."""
    project = committed.copy(tmp_path / "clone")
    rewrite(project, "metrics.json", lambda metrics: metrics.update(errors=200))
    project.commit("metrics made up")
    output = project.run(*VERIFY, fails=True)
    assert "errors 200 -> " in output
    assert "the machine is the same" in output
    assert "Traceback" not in output


def test_other_machine(committed, tmp_path):
    """It lists how another machine differs, and requires the accuracy to be in its interval."""
    project = committed.copy(tmp_path / "clone")
    rewrite(project, "models/environment.json", lambda machine: machine.update(processor="Other 1"))
    project.commit("made elsewhere")
    output = project.run(*VERIFY)
    assert "  processor: Other 1 / " in output
    assert "verify: 100.00% of the predictions agree" in output

    rewrite(project, "metrics.json", lambda metrics: metrics.update(accuracy_high=0.01))
    project.commit("another interval")
    output = project.run(*VERIFY, fails=True)
    assert "more than another machine can explain" in output


def test_nothing_committed(tmp_path):
    """Without committed results, one line says what to do."""
    project = Project(tmp_path / "clone", train=20, test=20)
    output = project.run(*VERIFY, fails=True)
    assert output.startswith("verify: HEAD has no dvc.lock; run dvc repro")
    assert len(output.splitlines()) == 1
