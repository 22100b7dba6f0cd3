"""Tests of the whole pipeline: real dvc in a temporary Git repository, on synthetic digits."""

import io
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from tests.project import PICTURES, PLOTS, Project


@pytest.fixture(scope="module")
def first_run(tmp_path_factory):
    """Run the pipeline once and commit its results, for tests to copy."""
    folder = tmp_path_factory.mktemp("first run") / "a clone"  # with a space in its name
    project = Project(folder)
    assert project.repro() == ["fetch", "prepare", "train", "evaluate"]
    project.commit("results")
    return project


@pytest.fixture
def project(first_run, tmp_path):
    """Copy the project after its first run, including results, cache and history."""
    return first_run.copy(tmp_path / "a clone")


def test_outputs(first_run):
    """All outputs exist and agree with each other, and the network has learned."""
    folder = first_run.folder
    metrics = json.loads(first_run.read("metrics.json"))
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
    assert "up to date" in project.run("dvc", "status")
    assert project.run("git", "status", "--porcelain") == ""


def test_epochs_rerun_train_and_evaluate_and_diff(project):
    """A change of train.epochs reruns the stages that depend on it and appears in the diffs."""
    project.change(train={"epochs": 1})
    assert project.repro() == ["train", "evaluate"]
    project.commit("one epoch")
    clone = project.folder.parent / "fresh clone"
    project.run("git", "clone", "--quiet", str(project.folder), str(clone))
    project.folder = clone  # without DVC's cache, and without a remote
    metrics = json.loads(project.run("dvc", "metrics", "diff", "HEAD~1", "--json"))
    assert "accuracy" in metrics["metrics.json"]
    params = json.loads(project.run("dvc", "params", "diff", "HEAD~1", "--json"))
    assert params["params.yaml"]["train.epochs"] == {"old": 3, "new": 1, "diff": -2}
    page = project.run("dvc", "plots", "diff", "HEAD~1")
    assert page.strip().endswith("index.html")


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


def test_other_packages_are_noticed(project):
    """When the pinned TensorFlow version changes, the stages that use packages are outdated."""
    pins = project.folder / "requirements.txt"
    text = pins.read_text(encoding="utf-8")
    assert "\ntensorflow==2." in text
    pins.write_text(text.replace("\ntensorflow==2.", "\ntensorflow==3."), encoding="utf-8")
    status = json.loads(project.run("dvc", "status", "--json"))
    assert {"prepare", "train", "evaluate"} <= set(status)
    assert "fetch" not in status


def test_mirror_reruns_fetch_only(project):
    """A change of the mirrors does not rerun later stages, because the bytes are the same."""
    project.change(fetch={"mirrors": ["../nowhere", "../mirror"]})
    assert project.repro() == ["fetch"]


def test_same_bytes_in_another_folder(first_run, tmp_path):
    """A forced run in another folder writes the same dvc.lock: all outputs have the same hash."""
    again = Project(tmp_path / "elsewhere")
    again.change(fetch={"mirrors": ["../mirror"]})
    again.run("dvc", "repro", "--force")
    assert again.read("dvc.lock") == first_run.read("dvc.lock")


def test_holdout_leaves_the_official_images_alone(project):
    """With holdout, the validation images come from the training set, and no others are used."""
    before = set(map(bytes, np.load(project.folder / "data/prepared/train_images.npy")))
    project.change(prepare={"validation": "holdout", "holdout_size": 100})
    project.run("dvc", "repro", "prepare")
    prepared = project.folder / "data/prepared"
    assert {file.name for file in prepared.iterdir()} == {
        f"{part}_{kind}.npy" for part in ("train", "validation") for kind in ("images", "labels")
    }
    held_out = np.load(prepared / "validation_images.npy")
    assert len(held_out) == 100
    assert set(map(bytes, held_out)) <= before
    assert len(np.load(prepared / "train_images.npy")) == 500


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (
            ("epochs: 3", "epohs: 3"),
            "params.yaml: train.epohs (holds 3) is not a known key; did you mean epochs?",
        ),
        (("dropout: 0.1", 'dropout: "0.1"'), "params.yaml: network.dropout holds '0.1'"),
        (("  rotation: 10.0\n", ""), "params.yaml: augment.rotation is missing"),
    ],
)
def test_wrong_params_leave_the_last_good_run(project, wrong, says):
    """A typo is a one-line error; metrics, plots and model do not change."""
    before, model = project.tracked_outputs(), project.read("models/mnist.keras")
    path = project.folder / "params.yaml"
    text = path.read_text(encoding="utf-8")
    assert wrong[0] in text
    path.write_text(text.replace(*wrong), encoding="utf-8")
    output = project.run("dvc", "repro", fails=True)
    assert says in output
    assert "Traceback" not in output
    assert project.tracked_outputs() == before
    assert project.read("models/mnist.keras") == model


def test_fetch_without_a_mirror_leaves_nothing_wrong(project):
    """When all mirrors fail, the error says where to save the file, and no file is written."""
    labels = project.folder / "data/raw/t10k-labels-idx1-ubyte"
    shutil.rmtree(project.folder.parent / "mirror")
    labels.unlink()
    output = project.run("python", "-m", "stages.fetch", fails=True)
    assert "../mirror: no such folder" in output
    assert "as data/raw/t10k-labels-idx1-ubyte (SHA-256" in output
    assert "Traceback" not in output
    assert not labels.exists()
    assert {file.name for file in (project.folder / "data").iterdir()} == {
        ".gitignore", "raw", "prepared",
    }  # fmt: skip


def test_damaged_raw_file_is_fetched_again(project):
    """A raw file that was edited is replaced; the others are not fetched."""
    labels = project.folder / "data/raw/t10k-labels-idx1-ubyte"
    good = labels.read_bytes()
    labels.chmod(0o644)
    labels.write_bytes(good[:-1] + bytes([9 - good[-1]]))
    output = project.run("dvc", "repro")
    assert output.count(": in place") == 3
    assert labels.read_bytes() == good


def test_experiment(project):
    """``dvc exp run -S`` runs with a changed value, and ``dvc exp show`` lists the result."""
    project.run("dvc", "exp", "run", "--name", "now", "-S", "train.epochs=1")
    errors = json.loads(project.read("metrics.json"))["errors"]
    table = pd.read_csv(io.StringIO(project.run("dvc", "exp", "show", "--csv")))
    (experiment,) = table[table.Experiment == "now"].to_dict("records")
    assert (experiment["train.epochs"], experiment["errors"]) == (1, errors)


def test_plots_page_has_each_chart_once(project):
    """``dvc plots show`` gives the three charts and the pictures under plots, and no other."""
    shown = json.loads(project.run("dvc", "plots", "show", "--json"))
    charts = {"Accuracy by epoch", "Loss by epoch", "Confusion matrix"}
    assert set(shown["data"]) == charts | PLOTS
