"""Tests of resuming: interrupted training ends with the bytes of an uninterrupted run."""

import random
import signal
import subprocess
import sys

import pytest

from tests.project import Project

KILLS = 20
EPOCHS = 150
SIGNALS = [signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT]
OUTPUTS = [
    "models/mnist.keras", "models/prototypes.npz", "models/environment.json", "plots/history.csv",
]  # fmt: skip
TRAIN = [sys.executable, "-m", "stages.train"]


def outputs(project):
    """Return the bytes of each output of ``train``."""
    return {name: project.read(name) for name in OUTPUTS}


def train_and_kill(project, *, lines, delay, sent):
    """Start training, wait for some lines of output and then some seconds, and send a signal.

    Args:
        project: a :class:`tests.project.Project`.
        lines: number of lines to wait for.
        delay: seconds to wait after them.
        sent: the signal.

    Returns:
        The output, and whether the process was interrupted rather than finished.
    """
    process = subprocess.Popen(
        TRAIN,
        cwd=project.folder,
        env=project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    printed = [process.stdout.readline() for _ in range(lines)]
    try:
        process.wait(timeout=delay)
    except subprocess.TimeoutExpired:
        process.send_signal(sent)
    rest, _ = process.communicate()
    return "".join(printed) + rest, process.returncode != 0


@pytest.fixture(scope="module")
def first_epoch(finished, tmp_path_factory):
    """Train the finished project again and kill it after the first epoch, for tests to copy."""
    project = finished.copy(tmp_path_factory.mktemp("killed") / "a clone")
    for name in OUTPUTS:
        (project.folder / name).unlink()
    _, was_killed = train_and_kill(project, lines=2, delay=0, sent=signal.SIGKILL)
    assert was_killed
    assert len(list((project.folder / ".train-state").glob("*.npz"))) == 1
    return project


def test_resumed_after_a_kill(first_epoch, finished, tmp_path):
    """Training resumes after SIGKILL and ends with the bytes of an uninterrupted run.

    A change of plotting code, which training does not use, is no reason to start again.
    """
    project = first_epoch.copy(tmp_path / "a clone")
    with (project.folder / "digits/evaluation/figures/style.py").open("a") as style:
        style.write("# another colour\n")
    assert "resumes after epoch" in project.run(*TRAIN)
    assert outputs(project) == outputs(finished)
    assert not (project.folder / ".train-state").exists()


@pytest.mark.slow
def test_truncated_state_is_not_used(first_epoch, finished, tmp_path):
    """With a truncated state file, training restarts and ends with the same bytes."""
    project = first_epoch.copy(tmp_path / "a clone")
    (state,) = (project.folder / ".train-state").glob("*.npz")
    state.write_bytes(state.read_bytes()[:-1000])
    assert "resumes" not in project.run(*TRAIN)
    assert outputs(project) == outputs(finished)


@pytest.mark.slow
def test_state_of_other_settings_is_discarded(first_epoch, tmp_path):
    """After a setting changes, an interrupted training starts from the beginning."""
    project = first_epoch.copy(tmp_path / "a clone")
    project.change(train={"epochs": 2, "learning_rate": 0.005})
    assert "resumes" not in project.run(*TRAIN)
    assert not (project.folder / ".train-state").exists()


@pytest.mark.slow
def test_killed_at_random_moments(tmp_path):
    """Twenty interruptions by random signals at random moments change no byte of any output."""
    whole = Project(tmp_path / "whole" / "clone", train=200, test=50)
    whole.change(train={"epochs": EPOCHS})
    whole.run("dvc", "repro", "prepare")
    (tmp_path / "killed").mkdir()
    killed = whole.copy(tmp_path / "killed" / "clone")
    whole.run(*TRAIN)

    choice, kills, resumed = random.Random(0), 0, 0
    while kills < KILLS:
        # Most signals arrive during training, some while the process starts.
        lines = choice.choice([0, 2, 3, 3])
        output, was_killed = train_and_kill(
            killed, lines=lines, delay=choice.uniform(0, 0.6), sent=choice.choice(SIGNALS)
        )
        assert was_killed, "training finished before the last kill: raise EPOCHS"
        kills += 1
        resumed += "resumes after epoch" in output
        assert not (killed.folder / "models/mnist.keras").exists()
    assert resumed > KILLS / 3
    assert "resumes after epoch" in killed.run(*TRAIN)
    assert outputs(killed) == outputs(whole)
    assert not (killed.folder / ".train-state").exists()
