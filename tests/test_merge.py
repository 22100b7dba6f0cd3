"""Merged branches and applied experiments, as the docs describe them, in real repositories."""

import pytest

pytestmark = pytest.mark.slow
RESULTS = ["dvc.lock", "metrics.json", "models", "plots"]


def test_merge_of_two_branches_that_ran_the_pipeline(project, tmp_path):
    """After keeping either side of the conflicts, dvc repro gives the results of both changes."""
    project.run("git", "checkout", "--quiet", "-b", "other")
    project.change(evaluate={"shifts": 2})
    assert project.repro() == ["evaluate", "export"]
    project.commit("other shifts")
    project.run("git", "checkout", "--quiet", "main")
    project.run("dvc", "checkout")
    project.change(train={"seed": 1})
    assert project.repro() == ["train", "evaluate", "export"]
    project.commit("another seed")
    merged = {}
    for side in ("ours", "theirs"):
        copy = project.copy(tmp_path / side / "clone")
        output = copy.run("git", "merge", "other", fails=True)
        assert "CONFLICT (content): Merge conflict in dvc.lock" in output
        assert "Merge conflict in metrics.json" in output
        copy.run("git", "checkout", f"--{side}", *RESULTS)
        assert "evaluate" in copy.repro()
        copy.run("git", "commit", "--all", "--no-edit", "--quiet")
        assert "seed: 1" in copy.read("params.yaml").decode()
        assert "shifts: 2" in copy.read("params.yaml").decode()
        merged[side] = copy.tracked_outputs() | {"dvc.lock": copy.read("dvc.lock")}
    assert merged["ours"] == merged["theirs"]


def test_applied_experiment_can_be_undone(project):
    """`dvc exp apply` keeps what it replaces in Git; an experiment that fails leaves nothing."""
    project.run("dvc", "exp", "run", "--name", "one", "-S", "evaluate.shifts=0")
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
