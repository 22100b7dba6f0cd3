"""Tests of the whole pipeline: real dvc in a temporary Git repository, on synthetic digits."""

import io
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from digits.errors import UserError
from stages import fetch, prepare
from tests.project import PICTURES

SLOW = pytest.mark.slow


def test_outputs(finished):
    """All outputs exist and agree with each other, and the network has learned."""
    folder = finished.folder
    metrics = json.loads(finished.read("metrics.json"))
    assert metrics["accuracy"] > 0.8
    assert metrics["accuracy_low"] < metrics["accuracy"] < metrics["accuracy_high"]
    predictions = pd.read_csv(folder / "plots/predictions.csv")
    assert list(predictions) == ["index", "actual", "predicted", "confidence"]
    assert (predictions.actual != predictions.predicted).sum() == metrics["errors"]
    labels = np.load(folder / "data/prepared/validation_labels.npy", allow_pickle=False)
    np.testing.assert_array_equal(predictions.actual, labels)
    history = pd.read_csv(folder / "plots/history.csv")
    assert list(history.epoch) == [1, 2, 3]
    # metrics.json averages over shifted images, which the epochs do not.
    assert history.val_accuracy.iloc[-1] == pytest.approx(metrics["accuracy"], abs=0.05)
    assert {f"plots/{file.name}" for file in (folder / "plots").glob("*.png")} == PICTURES
    assert (folder / "models/mnist.keras").is_file()
    assert not list(folder.rglob(".partial-*"))


def test_second_run_does_nothing(project):
    """Without changes, no stage runs, and Git and DVC report no changes."""
    assert project.repro() == []
    assert json.loads(project.run("dvc", "status", "--json")) == {}
    assert project.run("git", "status", "--porcelain") == ""


@pytest.mark.slow
def test_epochs_rerun_train_and_evaluate(project):
    """A change of train.epochs reruns the stages that depend on it."""
    project.change(train={"epochs": 1})
    assert project.repro() == ["train", "evaluate", "export"]


def test_shifts_rerun_evaluate_and_diff(project):
    """A change of evaluate.shifts reruns the stages that depend on it and appears in the diffs."""
    project.change(evaluate={"shifts": 0})
    assert project.repro() == ["evaluate", "export"]
    project.commit("no shifts")
    clone = project.clone(project.folder.parent / "fresh clone")  # without cache and remote
    metrics = json.loads(clone.run("dvc", "metrics", "diff", "HEAD~1", "--json"))
    assert "log_loss" in metrics["metrics.json"]
    params = json.loads(clone.run("dvc", "params", "diff", "HEAD~1", "--json"))
    assert params["params.yaml"]["evaluate.shifts"] == {"old": 1, "new": 0, "diff": -1}
    assert clone.run("dvc", "plots", "diff", "HEAD~1").strip().endswith("index.html")


@pytest.mark.slow
def test_figure_reruns_evaluate_only(project):
    """A change of a figure's colour does not retrain."""
    style = project.folder / "digits/evaluation/figures/style.py"
    text = style.read_text(encoding="utf-8")
    style.write_text(text.replace('VALIDATION_COLOR = "#1b6ca8"', 'VALIDATION_COLOR = "#008800"'))
    before = project.tracked_outputs()
    assert project.repro() == ["evaluate"]
    after = project.tracked_outputs()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"plots/accuracy.png", "plots/loss.png", "plots/Calibration.png"}


def test_mirror_reruns_fetch_only(project):
    """Other mirrors rerun no later stage, because the bytes are the same.

    A raw file that was edited is replaced; the others are not fetched.
    """
    labels = project.folder / "data/raw/t10k-labels-idx1-ubyte"
    good = labels.read_bytes()
    labels.chmod(0o644)
    labels.write_bytes(good[:-1] + bytes([9 - good[-1]]))
    project.change(fetch={"mirrors": ["../nowhere", "../mirror"]})
    output = project.run("dvc", "repro")
    assert output.count("Running stage '") == 1
    assert output.count(": in place") == 3
    assert labels.read_bytes() == good


def test_holdout_leaves_the_official_images_alone(project, monkeypatch):
    """With holdout, the validation images come from the training set, and no others are read."""
    prepared = project.folder / "data/prepared"
    before = set(map(bytes, np.load(prepared / "train_images.npy")))
    project.change(prepare={"validation": "holdout", "holdout_size": 100})
    for file in (project.folder / "data/raw").glob("t10k-*"):
        file.unlink()
    monkeypatch.chdir(project.folder)
    prepare.main()
    assert {file.name for file in prepared.iterdir()} == {
        f"{part}_{kind}.npy" for part in ("train", "validation") for kind in ("images", "labels")
    }
    held_out = np.load(prepared / "validation_images.npy")
    assert len(held_out) == 100
    assert set(map(bytes, held_out)) <= before
    assert len(np.load(prepared / "train_images.npy")) == 500


@pytest.mark.parametrize(
    ("stage", "key"), [("prepare", "holdout_size"), pytest.param("train", "epochs", marks=SLOW)]
)
def test_wrong_params_leave_the_last_good_run(project, stage, key):
    """A typo is a one-line error; metrics, plots, model and arrays do not change."""
    outputs = ["models/mnist.keras", "data/prepared/train_images.npy"]
    before, model = project.tracked_outputs(), [project.read(name) for name in outputs]
    path = project.folder / "params.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(f"  {key}:") == 1
    path.write_text(text.replace(f"  {key}:", f"  {key}s:"), encoding="utf-8")
    output = project.run("dvc", "repro", fails=True)
    (line,) = [line for line in output.splitlines() if line.startswith(f"{stage}: ")]
    assert line.startswith(f"{stage}: params.yaml: {stage}.{key}s ")
    assert line.endswith(f"did you mean {key}?")
    assert "Traceback" not in output
    assert project.tracked_outputs() == before
    assert [project.read(name) for name in outputs] == model


def test_fetch_without_a_mirror_leaves_nothing_wrong(project, monkeypatch):
    """When all mirrors fail, the error says where to save the file, and no file is written."""
    labels = project.folder / "data/raw/t10k-labels-idx1-ubyte"
    project.change(fetch={"mirrors": ["../nowhere"]})
    labels.unlink()
    monkeypatch.chdir(project.folder)
    with pytest.raises(UserError) as error:
        fetch.main()
    assert "../nowhere: no such folder" in str(error.value)
    assert "as data/raw/t10k-labels-idx1-ubyte (SHA-256" in str(error.value)
    assert not labels.exists()
    assert {file.name for file in (project.folder / "data").iterdir()} == {"raw", "prepared"}


def test_no_data_folder(project, monkeypatch):
    """Without the folder, fetch makes it; `dvc checkout` fills it, and Git has nothing to say."""
    shutil.rmtree(project.folder / "data")
    monkeypatch.chdir(project.folder)
    fetch.main()
    assert len(list((project.folder / "data/raw").iterdir())) == 4
    shutil.rmtree(project.folder / "data")
    project.run("dvc", "checkout")
    assert project.run("git", "status", "--porcelain") == ""
    assert project.repro() == []


def test_freeze_is_one_line(project):
    """`dvc freeze` adds one line to dvc.yaml and leaves the others as they are."""
    project.run("dvc", "freeze", "train")
    assert project.run("git", "diff", "--numstat") == "1\t0\tdvc.yaml\n"
    project.run("dvc", "unfreeze", "train")
    assert project.run("git", "diff", "--numstat") == ""


@pytest.mark.slow
def test_experiment(project):
    """``dvc exp run -S`` runs with a changed value, and ``dvc exp show`` lists the result."""
    project.run("dvc", "exp", "run", "--name", "now", "-S", "train.epochs=1")
    errors = json.loads(project.read("metrics.json"))["errors"]
    table = pd.read_csv(io.StringIO(project.run("dvc", "exp", "show", "--csv")))
    (experiment,) = table[table.Experiment == "now"].to_dict("records")
    assert (experiment["train.epochs"], experiment["errors"]) == (1, errors)
