"""The whole pipeline by the real dvc, in a temporary Git repository, on small drawn digits."""

import io
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from tests.project import Project


@pytest.fixture(scope="module")
def first_run(tmp_path_factory):
    """Run the pipeline once, commit its results, and let each test copy that."""
    folder = tmp_path_factory.mktemp("first run") / "a clone"  # with a space in its name
    project = Project(folder)
    assert project.repro() == ["fetch", "prepare", "train", "evaluate"]
    project.commit("results")
    return project


@pytest.fixture
def project(first_run, tmp_path):
    """Copy the project after its first run, results, cache and history included."""
    return first_run.copy(tmp_path / "a clone")


def test_outputs(first_run):
    """All files that the README names are there, fit each other, and say that it learned."""
    folder = first_run.folder
    metrics = json.loads(first_run.read("metrics.json"))
    assert set(metrics) == {
        "accuracy", "accuracy_low", "accuracy_high", "errors", "precision", "recall", "f1",
        "roc_auc", "log_loss", "brier", "calibration_error",
    }  # fmt: skip
    assert metrics["accuracy"] > 0.8
    assert metrics["accuracy_low"] < metrics["accuracy"] < metrics["accuracy_high"]
    predictions = pd.read_csv(folder / "plots/predictions.csv")
    assert list(predictions) == ["index", "actual", "predicted", "confidence"]
    assert (predictions.actual != predictions.predicted).sum() == metrics["errors"]
    labels = np.load(folder / "data/prepared/validation_labels.npy", allow_pickle=False)
    np.testing.assert_array_equal(predictions.actual, labels)
    history = pd.read_csv(folder / "plots/history.csv")
    assert list(history.epoch) == [1, 2, 3]
    assert history.val_accuracy.iloc[-1] == pytest.approx(metrics["accuracy"], abs=0.011)
    pictures = {file.name for file in (folder / "plots").glob("*.png")}
    assert pictures == {
        "accuracy.png", "loss.png", "Augmented_images.png", "Confusion_Matrix.png",
        "First_25_images.png", "Incorrectly_classified_images.png", "ROC_curves.png",
        "Calibration.png",
    }  # fmt: skip
    assert (folder / "models/mnist.keras").is_file()
    assert not list(folder.rglob(".partial-*"))


def test_second_run_does_nothing(project):
    """With nothing changed no stage runs, and Git and DVC see no change."""
    assert project.repro() == []
    assert "up to date" in project.run("dvc", "status")
    assert project.run("git", "status", "--porcelain") == ""


def test_epochs_rerun_train_and_evaluate_and_diff(project):
    """A change of train.epochs reruns what depends on it, and shows in the diffs."""
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
    """Another colour is a matter of seconds: nothing is trained for it."""
    style = project.folder / "digits/evaluation/figures/style.py"
    text = style.read_text(encoding="utf-8")
    style.write_text(text.replace('VALIDATION_COLOR = "#1b6ca8"', 'VALIDATION_COLOR = "#008800"'))
    before = project.tracked_outputs()
    assert project.repro() == ["evaluate"]
    after = project.tracked_outputs()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"plots/accuracy.png", "plots/loss.png", "plots/Calibration.png"}


def test_other_packages_are_noticed(project):
    """With TensorFlow pinned to another version, what was computed with the old one is due."""
    pins = project.folder / "requirements.txt"
    text = pins.read_text(encoding="utf-8")
    assert "\ntensorflow==2." in text
    pins.write_text(text.replace("\ntensorflow==2.", "\ntensorflow==3."), encoding="utf-8")
    status = json.loads(project.run("dvc", "status", "--json"))
    assert {"prepare", "train", "evaluate"} <= set(status)
    assert "fetch" not in status


def test_mirror_reruns_fetch_only(project):
    """Another mirror gives the same bytes: nothing after fetch runs, and nothing is fetched."""
    project.change(fetch={"mirrors": ["../nowhere", "../mirror"]})
    assert project.repro() == ["fetch"]


def test_same_bytes_in_another_folder(first_run, tmp_path):
    """A forced run elsewhere writes the same dvc.lock: every output has the same hash."""
    again = Project(tmp_path / "elsewhere")
    again.change(fetch={"mirrors": ["../mirror"]})
    again.run("dvc", "repro", "--force")
    assert again.read("dvc.lock") == first_run.read("dvc.lock")


def test_holdout_leaves_the_official_images_alone(project):
    """Under holdout the validation images are training images, and no others are written."""
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
    """A typo is one line, and metrics, plots and model stay as they were."""
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
    """When all mirrors fail, it says how to go on by hand, and data/raw holds no new file."""
    labels = project.folder / "data/raw/t10k-labels-idx1-ubyte"
    shutil.rmtree(project.folder.parent / "mirror")
    labels.unlink()
    output = project.run("python", "-m", "stages.fetch", fails=True)
    assert "../mirror: no such folder" in output
    assert "Put the file there by hand" in output
    assert "Traceback" not in output
    assert not labels.exists()
    assert {file.name for file in (project.folder / "data").iterdir()} == {
        ".gitignore", "raw", "prepared",
    }  # fmt: skip


def test_damaged_raw_file_is_fetched_again(project):
    """A raw file that was changed by hand is replaced; the others are not fetched."""
    labels = project.folder / "data/raw/t10k-labels-idx1-ubyte"
    good = labels.read_bytes()
    labels.chmod(0o644)
    labels.write_bytes(good[:-1] + bytes([9 - good[-1]]))
    output = project.run("dvc", "repro")
    assert output.count(": in place") == 3
    assert labels.read_bytes() == good


def test_experiment(project):
    """``dvc exp run -S`` runs with another value, and ``dvc exp show`` lists what came of it."""
    project.run("dvc", "exp", "run", "--name", "now", "-S", "train.epochs=1")
    errors = json.loads(project.read("metrics.json"))["errors"]
    table = pd.read_csv(io.StringIO(project.run("dvc", "exp", "show", "--csv")))
    (experiment,) = table[table.Experiment == "now"].to_dict("records")
    assert (experiment["train.epochs"], experiment["errors"]) == (1, errors)


def test_plots_page_has_each_chart_once(project):
    """``dvc plots show`` gives the three charts and the five pictures, and no other."""
    shown = json.loads(project.run("dvc", "plots", "show", "--json"))
    assert set(shown["data"]) == {
        "Accuracy by epoch", "Loss by epoch", "Confusion matrix",
        "plots/Augmented_images.png", "plots/Calibration.png", "plots/First_25_images.png",
        "plots/Incorrectly_classified_images.png", "plots/ROC_curves.png",
    }  # fmt: skip
