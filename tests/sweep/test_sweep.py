"""A whole sweep on small data: interrupted, changed, and on the official split."""

import signal
import subprocess

import pandas as pd
import pytest
from PIL import Image

import digits.sweep.__main__ as program
from digits.errors import UserError
from tests.sweep.small import PLAN, SWEEP, make, rows, write_plan


@pytest.fixture
def sweep(monkeypatch, capsys):
    """Return a function that runs a sweep without training; each training that it needs fails.

    That function returns the names of the failed runs, the output and the errors.
    """

    def train(runs):
        return [(run, UserError("not trained")) for run in runs]

    def sweep(project, *arguments):
        monkeypatch.chdir(project.folder)
        monkeypatch.setattr(program, "run_locally", train)
        try:
            program.main(["sweep.yaml", *arguments])
            failures = []
        except UserError as error:
            failures = str(error).replace(": not trained", "").splitlines()
        return failures, *capsys.readouterr()

    return sweep


@pytest.fixture
def copy(swept, tmp_path):
    """Copy the project of the whole sweep."""
    return swept[0].copy(tmp_path / "clone")


def test_whole_sweep(swept):
    """Every recipe has a row per split and seed, scored on the holdout; progress is reported."""
    project, done = swept
    table = rows(project)
    assert table.groupby("recipe").size().to_dict() == dict.fromkeys(PLAN["recipes"], 2)
    assert set(table["images"]) == {100}
    assert table["log_loss"].nunique() == 4
    assert table["key"].nunique() == 2
    assert done.stdout.startswith("Holdout images: 100; splits: 1; seeds: 2.\n\n| recipe")
    lines = [line for line in done.stderr.splitlines() if line.startswith("sweep: ")]
    assert lines[0] == "sweep: 4 runs, 0 done before, 4 to go"
    started = ["default, split 0, seed 0", "narrow, split 0, seed 0", "default, split 0, seed 1"]
    for number, (line, run) in enumerate(zip(lines[1:], started, strict=False), start=1):
        assert line.startswith(f"sweep: {number} of 4: {run}: ")
    assert lines[-1].endswith("; 0.0 min left")


def test_table_and_figure(swept):
    """The table and the figure are next to the plan, and the table agrees with the rows."""
    project, _ = swept
    table = pd.read_csv(project.folder / "sweep_table.csv").set_index("recipe")
    means = rows(project).groupby("recipe")["errors"].mean()
    assert table["errors"].to_dict() == pytest.approx(means.to_dict(), rel=1e-5)
    difference = means["narrow"] - means["default"]
    assert table["difference"]["narrow"] == pytest.approx(difference, rel=1e-5)
    with Image.open(project.folder / "sweep.png") as picture:
        assert min(picture.size) > 200


@pytest.mark.slow
def test_killed(swept, tmp_path):
    """A killed sweep resumes and has the rows of an uninterrupted sweep, each once."""
    project = make(tmp_path / "clone")
    process = subprocess.Popen(
        SWEEP, cwd=project.folder, env=project.environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stderr:
        if line.startswith("sweep: 2 of 4: "):
            break
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert len(rows(project)) == 2
    assert "sweep: 4 runs, 2 done before, 2 to go" in project.run(*SWEEP)
    pd.testing.assert_frame_equal(rows(project), rows(swept[0]))


def test_incomplete_row(copy, sweep):
    """A sweep that was interrupted while it wrote a row needs only that training."""
    content = copy.read("sweep.csv")
    (copy.folder / "sweep.csv").write_bytes(content[:-20])
    missing, _, errors = sweep(copy)
    assert missing == ["narrow, split 0, seed 1"]
    assert "sweep: 4 runs, 3 done before, 1 to go" in errors
    assert copy.read("sweep.csv") == b"".join(content.splitlines(keepends=True)[:-1])


def test_finished_sweep(swept, copy, sweep):
    """If no row is missing, nothing is trained and the same table is printed."""
    missing, output, _ = sweep(copy)
    assert (missing, output) == ([], swept[1].stdout)
    assert copy.read("sweep.csv") == swept[0].read("sweep.csv")


def test_rows_of_other_settings_are_ignored(copy, sweep):
    """After a change of a recipe its old rows stay, are listed, and do not count."""
    changes = {"default": None, "narrow": {"network": {"dropout": 0.2}}}
    write_plan(copy, recipes=changes, seeds=[0])
    missing, _, errors = sweep(copy)
    assert missing == ["narrow, split 0, seed 0"]
    assert "sweep: sweep.csv: ignores 3 rows" in errors
    assert "narrow, split 0, seed 1" in errors
    assert "sweep: 2 runs, 1 done before, 1 to go" in errors
    assert len(pd.read_csv(copy.folder / "sweep.csv")) == 4
    table = pd.read_csv(copy.folder / "sweep_table.csv")
    assert table[["recipe", "runs"]].to_numpy().tolist() == [["default", 1]]


def test_official_split(copy, sweep):
    """One recipe is trained on all training images and scored on the test set."""
    before = copy.read("sweep_table.csv")
    write_plan(copy, seeds=[0])
    printed = copy.run(*SWEEP, "--official", "narrow")
    assert "Official validation images: 50; seeds: 1." in printed
    assert "ignores" not in printed  # the rows of holdouts
    official = pd.read_csv(copy.folder / "sweep.csv").query("split == 'official'")
    assert official[["recipe", "seed", "images"]].to_numpy().tolist() == [["narrow", 0, 50]]
    assert copy.read("sweep_table.csv") == before
    write_plan(copy, splits=[0, 1])
    missing, _, _ = sweep(copy, "--official", "narrow")
    assert missing == ["narrow, split official, seed 1"]  # each seed once
    write_plan(copy)
    missing, _, errors = sweep(copy)
    assert missing == []
    assert "ignores" not in errors  # the rows of the official split


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (["nowhere.yaml"], UserError, "nowhere.yaml: no such file"),
        (["sweep.yaml", "--official", "wide"], UserError, "no recipe wide; it has default, narrow"),
        (["sweep.yaml"], FileNotFoundError, "data/raw/train-images-idx3-ubyte"),
    ],
    ids=["plan", "recipe", "data"],
)
def test_missing(copy, tmp_path, monkeypatch, arguments, error, says):
    """The error names what is missing."""
    (copy.folder / "data/raw").rename(tmp_path / "raw")
    monkeypatch.chdir(copy.folder)
    with pytest.raises(error, match=says):
        program.main(arguments)
