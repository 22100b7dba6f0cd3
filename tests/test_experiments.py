"""Experiments that DVC's queue runs at the same time."""

import re
import time
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.slow
# Different lengths: a job that used the other's checkpoint would end after another epoch.
JOBS = {
    "short": {"train.epochs": 3, "train.seed": 1},
    "long": {"train.epochs": 6, "train.learning_rate": 0.005},
}
OUTPUTS = ["metrics.json", "plots/history.csv", "plots/predictions.csv", "dvc.lock"]
DEADLINE = 300  # seconds


@pytest.fixture
def queue(project):
    """Return a project, and leave no worker of its queue behind."""
    yield project
    project.run("dvc", "queue", "stop", "--kill")
    _, alive = psutil.wait_procs(workers(project), timeout=30)
    for process in alive:
        process.kill()
    assert not alive


def workers(project):
    """List the processes whose folder is the project or below it."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(project.folder):
                found.append(process)
        except psutil.Error:
            continue  # it has ended, or is another user's
    return found


def settings(name):
    """Return the options of dvc exp run for a job."""
    return [part for key, value in JOBS[name].items() for part in ("-S", f"{key}={value}")]


def states(project):
    """Return the state of each job in the queue, such as Running or Success, by name."""
    rows = re.findall(r"^[0-9a-f]{7} +(\w+) .* (\w+)$", project.run("dvc", "queue", "status"), re.M)
    return dict(rows)


def outputs(project, name):
    """Read the outputs of a saved experiment."""
    refs = project.run("git", "for-each-ref", "--format=%(refname)", "refs/exps").split()
    (ref,) = (ref for ref in refs if ref.endswith(f"/{name}"))
    return {path: project.run("git", "show", f"{ref}:{path}") for path in OUTPUTS}


def test_parallel_jobs_equal_single_ones(queue, tmp_path):
    """Two jobs at once give the same results as each alone, and use only their own checkpoints."""
    project = queue
    single = project.copy(tmp_path / "single" / "a clone")
    state = project.folder / ".train-state" / "of-a-killed-run.npz"
    state.parent.mkdir()
    state.write_bytes(b"checkpoint")

    for name in JOBS:
        project.run("dvc", "exp", "run", "--queue", "--name", name, *settings(name))
    # To a file: the workers inherit a pipe, and reading it would wait for their end.
    project.run("sh", "-c", "dvc queue start --jobs 2 > ../start.log 2>&1")
    seen, deadline = [], time.monotonic() + DEADLINE
    while not seen or {"Queued", "Running"} & set(seen[-1].values()):
        assert time.monotonic() < deadline, seen[-1]
        seen.append(states(project))
        time.sleep(0.5)
    logs = "".join(project.run("dvc", "queue", "logs", name) for name in JOBS)
    assert seen[-1] == dict.fromkeys(JOBS, "Success"), logs
    assert dict.fromkeys(JOBS, "Running") in seen, "they ran one after the other: raise the epochs"

    assert "resumes after epoch" not in logs
    assert list(project.folder.rglob(".train-state")) == [state.parent]
    assert list(state.parent.iterdir()) == [state]
    assert state.read_bytes() == b"checkpoint"
    for name, changes in JOBS.items():
        together = outputs(project, name)
        assert len(together["plots/history.csv"].splitlines()) == 1 + changes["train.epochs"]
        single.run("dvc", "exp", "run", "--name", name, *settings(name))
        assert outputs(single, name) == together
        assert not (single.folder / ".train-state").exists()
        single.run("git", "restore", ".")
