"""Tests of resuming: interrupted training ends with the bytes of an uninterrupted run."""

import hashlib
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


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Create a project and prepare its data."""
    project = Project(tmp_path_factory.mktemp("killed") / "clone", train=200, test=50)
    project.change(train={"epochs": EPOCHS})
    project.run("dvc", "repro", "prepare")
    return project


def hashes(project):
    """Return the SHA-256 of each output of ``train``."""
    return {name: hashlib.sha256(project.read(name)).hexdigest() for name in OUTPUTS}


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
        [sys.executable, "-m", "stages.train"],
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


def test_killed_at_random_moments(prepared, tmp_path):
    """Twenty interruptions by random signals at random moments change no byte of any output."""
    whole, killed = prepared.copy(tmp_path / "whole"), tmp_path / "killed"
    killed.mkdir()
    killed = prepared.copy(killed / "clone")
    whole.run(sys.executable, "-m", "stages.train")

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
    output = killed.run(sys.executable, "-m", "stages.train")
    assert "resumes after epoch" in output
    assert hashes(killed) == hashes(whole)
    assert not (killed.folder / ".train-state").exists()


def test_state_of_other_settings_is_discarded(prepared, tmp_path):
    """After a setting changes, an interrupted training starts from the beginning."""
    project = prepared.copy(tmp_path / "clone")
    train_and_kill(project, lines=3, delay=0, sent=signal.SIGKILL)
    assert len(list((project.folder / ".train-state").glob("*.npz"))) == 1
    project.change(train={"epochs": 2, "learning_rate": 0.005})
    output = project.run(sys.executable, "-m", "stages.train")
    assert "resumes" not in output
    assert not (project.folder / ".train-state").exists()


def test_state_survives_a_change_of_a_figure(prepared, tmp_path):
    """After a change of plotting code, which training does not use, training resumes."""
    project = prepared.copy(tmp_path / "clone")
    train_and_kill(project, lines=3, delay=0, sent=signal.SIGKILL)
    with (project.folder / "digits/evaluation/figures/style.py").open("a") as style:
        style.write("# another colour\n")
    assert "resumes after epoch" in project.run(sys.executable, "-m", "stages.train")


def test_truncated_state_is_not_used(prepared, tmp_path):
    """With a truncated state file, training restarts and ends with the same bytes."""
    project = prepared.copy(tmp_path / "clone")
    project.change(train={"epochs": 4})
    project.run(sys.executable, "-m", "stages.train")
    good = hashes(project)
    project.change(train={"epochs": 4})
    train_and_kill(project, lines=3, delay=0, sent=signal.SIGKILL)
    (state,) = (project.folder / ".train-state").glob("*.npz")
    state.write_bytes(state.read_bytes()[:-1000])
    assert "resumes" not in project.run(sys.executable, "-m", "stages.train")
    assert hashes(project) == good
