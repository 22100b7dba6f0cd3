"""A sweep as one runs it, on small data: killed, changed, and on the official split."""

import signal
import subprocess

import pandas as pd
import pytest
from PIL import Image

from tests.project import Project
from tests.sweep.small import PLAN, SWEEP, make, rows, write_plan


def test_whole_sweep(swept):
    """Every recipe has a row per split and seed, of the images held out; progress is told."""
    project, done = swept
    table = rows(project)
    assert len(table) == 12
    assert table.groupby("recipe").size().to_dict() == dict.fromkeys(PLAN["recipes"], 4)
    assert set(table["images"]) == {100}
    assert table["log_loss"].nunique() > 6
    assert table["key"].nunique() == 3
    assert done.stdout.startswith("Images held out: 100; splits: 2; seeds: 2.\n\n| recipe")
    lines = [line for line in done.stderr.splitlines() if line.startswith("sweep: ")]
    assert lines[0] == "sweep: 12 runs, 0 done before, 12 to go"
    assert lines[1].startswith("sweep: 1 of 12: default, split 0, seed 0: ")
    assert lines[-1].endswith("; 0.0 min left")


def test_what_it_leaves(swept):
    """Beside the plan lie the table and the picture, and they agree with the rows."""
    project, _ = swept
    table = pd.read_csv(project.folder / "sweep_table.csv").set_index("recipe")
    means = rows(project).groupby("recipe")["errors"].mean()
    assert table["errors"].to_dict() == pytest.approx(means.to_dict(), rel=1e-5)
    difference = means["narrow"] - means["default"]
    assert table["difference"]["narrow"] == pytest.approx(difference, rel=1e-5)
    with Image.open(project.folder / "sweep.png") as picture:
        assert min(picture.size) > 200


def test_killed_twice(swept, tmp_path):
    """Killed twice and started again, it has the rows of an undisturbed sweep, each once."""
    project = make(tmp_path / "clone")
    for stop in (3, 5):
        process = subprocess.Popen(
            SWEEP, cwd=project.folder, env=project.environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        for line in process.stderr:
            if line.startswith(f"sweep: {stop} of 12: "):
                break
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert len(rows(project)) == stop
    printed = project.run(*SWEEP)
    assert "sweep: 12 runs, 5 done before, 7 to go" in printed
    pd.testing.assert_frame_equal(rows(project), rows(swept[0]))


def test_done_is_done(swept):
    """Where all rows are there nothing is trained, and the table is told again."""
    project, done = swept
    before = project.read("sweep.csv")
    assert done.stdout in project.run(*SWEEP)
    assert project.read("sweep.csv") == before


def test_rows_of_other_settings_are_named(swept, tmp_path):
    """After a change of a recipe its rows stay, are named, and do not count."""
    project = swept[0].copy(tmp_path / "clone")
    write_plan(
        project, recipes={"default": None, "narrow": {"network": {"dropout": 0.2}}}, seeds=[0]
    )
    printed = project.run(*SWEEP)
    assert "sweep: sweep.csv: ignores 10 rows" in printed
    assert "narrow, split 0, seed 0" in printed
    assert "sweep: 4 runs, 2 done before, 2 to go" in printed
    assert len(pd.read_csv(project.folder / "sweep.csv")) == 14
    assert pd.read_csv(project.folder / "sweep_table.csv")["runs"].tolist() == [2, 2]


def test_official_split(swept, tmp_path):
    """One recipe is trained on all images with its seeds, and its rows say which they were."""
    project = swept[0].copy(tmp_path / "clone")
    printed = project.run(*SWEEP, "--official", "narrow")
    assert "Official validation images: 50; seeds: 2." in printed
    official = pd.read_csv(project.folder / "sweep.csv").query("split == 'official'")
    assert official["recipe"].tolist() == ["narrow"] * 2
    assert official["images"].tolist() == [50] * 2
    assert "done before" not in project.run(*SWEEP, "--official", "narrow")
    printed = project.run(*SWEEP)  # the holdouts stand as they were
    assert "ignores" not in printed
    assert "has no recipe wide; it has default" in project.run(
        *SWEEP, "--official", "wide", fails=True
    )


def test_data_that_is_not_there(tmp_path):
    """Without the raw data one line says what fetches it."""
    project = Project(tmp_path / "clone", train=200, test=50)
    write_plan(project)
    nowhere = project.run(*SWEEP[:-1], "nowhere.yaml", fails=True)
    assert nowhere.startswith("sweep: nowhere.yaml: no such file")
    printed = project.run(*SWEEP, fails=True)
    assert printed.splitlines()[-1].startswith("sweep: data/raw/train-images-idx3-ubyte: ")
    assert "Traceback" not in printed
