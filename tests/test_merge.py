"""What the README says of branches and experiments, in real repositories."""

import sys

import pytest

from tests.project import Project

RESULTS = ["dvc.lock", "metrics.json", "models", "plots"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Run the pipeline and commit its results."""
    folder = tmp_path_factory.mktemp("merge") / "a clone"
    return Project.with_results(folder, epochs=2, train=300, test=200)


@pytest.fixture(scope="module")
def branched(finished, tmp_path_factory):
    """Run the pipeline with another change on each of two branches, main and other."""
    project = finished.copy(tmp_path_factory.mktemp("branched") / "clone")
    project.run("git", "checkout", "--quiet", "-b", "other")
    project.change(augment={"rotation": 5.0})
    project.run("dvc", "repro")
    project.commit("other warp")
    project.run("git", "checkout", "--quiet", "main")
    project.run("dvc", "checkout")
    project.change(train={"seed": 1})
    project.run("dvc", "repro")
    project.commit("another seed")
    return project


@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_merge_of_two_branches_that_ran_the_pipeline(branched, tmp_path, side):
    """Either side of what conflicts, and dvc repro: the results of both changes together."""
    project = branched.copy(tmp_path / "clone")
    output = project.run("git", "merge", "other", fails=True)
    assert "CONFLICT (content): Merge conflict in dvc.lock" in output
    assert "Merge conflict in plots/accuracy.png" in output
    project.run("git", "checkout", f"--{side}", *RESULTS)
    project.run("dvc", "repro")
    project.run("git", "commit", "--all", "--no-edit", "--quiet")
    assert "seed: 1" in project.read("params.yaml").decode()
    assert "rotation: 5.0" in project.read("params.yaml").decode()
    output = project.run(sys.executable, "-m", "digits.review.verify")
    assert "every output is identical" in output


def test_applied_experiment_and_what_it_replaced(finished, tmp_path):
    """What `dvc exp apply` replaces is had back from Git; a run that fails leaves none."""
    project = finished.copy(tmp_path / "clone")
    project.run("dvc", "exp", "run", "--name", "one", "-S", "train.epochs=1")
    project.run("git", "restore", ".")
    project.change(train={"seed": 9})
    project.run("dvc", "exp", "apply", "one")
    assert "seed: 9" not in project.read("params.yaml").decode()
    kept = project.run("git", "show", "refs/exps/apply/stash:params.yaml")
    assert "seed: 9" in kept
    project.run("git", "restore", ".")
    project.run("dvc", "exp", "run", "--temp", "--name", "two", "-S", "train.seed=-1", fails=True)
    assert project.run("git", "status", "--porcelain") == ""
    assert "two" not in project.run("dvc", "exp", "list", "--name-only")
