"""The benchmarks on small data, and the tables that the pages take from their results."""

import json
import runpy
import shutil
import sys

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from benchmarks import clock, few_images, formats, recipes, seeds, tables
from benchmarks.compare import seconds_to
from benchmarks.contenders import keras_io
from benchmarks.corruptions import __main__ as corruptions
from benchmarks.corruptions.kinds import KINDS
from benchmarks.tables import OURS, PREDICT, READERS, markdown
from digits.errors import UserError
from digits.export import FORMATS
from digits.network import model, tf
from digits.params import Augment
from tests.project import ROOT

RECIPES = yaml.safe_load((ROOT / "experiments/recipes.yaml").read_text(encoding="utf-8"))
RESULTS = "benchmarks/results"


@pytest.fixture(scope="module")
def folder(finished, tmp_path_factory):
    """Copy the finished project, and what is committed beside it."""
    project = finished.copy(tmp_path_factory.mktemp("benchmarks") / "a clone")
    for name in ("experiments", RESULTS):
        shutil.copytree(ROOT / name, project.folder / name)
    return project.folder


@pytest.fixture
def here(folder, monkeypatch):
    """Work in that folder, and leave TensorFlow the threads that it has computed with."""
    monkeypatch.chdir(folder)
    for kind in ("intra", "inter"):
        name = f"set_{kind}_op_parallelism_threads"
        monkeypatch.setattr(tf.config.threading, name, lambda threads: None)
    return folder


@pytest.mark.parametrize("name", RECIPES)
def test_options_are_the_recipe(monkeypatch, capsys, name):
    """What `make quick` hands to ``dvc exp run`` is what the recipe names, and nothing else."""
    monkeypatch.chdir(ROOT)
    recipes.main([name])
    changed = {}
    for option in capsys.readouterr().out.splitlines():
        key, _, value = option.removeprefix("--set-param=").partition("=")
        section, _, setting = key.partition(".")
        changed.setdefault(section, {})[setting] = yaml.safe_load(value)
    assert changed == RECIPES[name]


@pytest.mark.slow
def test_make_runs_a_recipe(project):
    """`make quick` runs the recipe as an experiment named quick."""
    for name in ("experiments", "benchmarks", "requirements"):
        shutil.copytree(ROOT / name, project.folder / name)
    shutil.copy(ROOT / "Makefile", project.folder)
    project.commit("recipes")
    expected = yaml.safe_load(project.read("params.yaml"))
    for section, settings in RECIPES["quick"].items():
        expected[section] |= settings
    printed = project.run("make", "--dry-run", "quick", "BIN=.")
    project.run("sh", "-c", printed[printed.index("options=") :])
    assert yaml.safe_load(project.read("params.yaml")) == expected
    assert project.run("dvc", "exp", "show", "--csv").count("quick") == 1


def test_markdown():
    """Numbers are aligned right, a cell with a missing value is a dash, blank lines are around."""
    table = pd.DataFrame({"name": ["one", "two"], "value": [0.5, None], "count": [1234, 5]})
    columns = {"": "{name}", "value": "{value:.1%} of all", "count": "{count:,}"}
    assert markdown(table, columns) == (
        "\n|  | value | count |\n| --- | --: | --: |\n"
        "| one | 50.0% of all | 1,234 |\n| two | – | 5 |\n"
    )


def test_seeds_of_the_last_code_count(tmp_path, monkeypatch):
    """Rows of older code or settings, which stand before the others, are left out."""
    (tmp_path / "benchmarks/results").mkdir(parents=True)
    rows = "key,accuracy\n01,0.1\n02,0.2\n02,0.4\n"
    (tmp_path / "benchmarks/results/seeds.csv").write_text(rows)
    monkeypatch.setattr(tables, "ROOT", tmp_path)
    assert tables.read_seeds("default")["accuracy"].tolist() == [0.2, 0.4]


def test_seconds_to_the_first_that_reaches():
    """The time is that of the first epoch at or above the target; none where there is none."""
    course = [[1.0, 0.98], [2.04, 0.99], [3.0, 0.97], [4.0, 0.995]]
    assert seconds_to([course], 0.99) == 2.0
    assert seconds_to([course], 0.995) == 4.0
    assert seconds_to([course], 0.996) is None


def test_one_lucky_epoch_decides_nothing():
    """Of several courses the one in the middle counts, and one that never arrives is the last."""
    never, slow, quick = [[1.0, 0.5]], [[1.0, 0.5], [9.0, 0.99]], [[1.0, 0.99]]
    assert seconds_to([never, slow, quick], 0.99) == 9.0
    assert seconds_to([never, never, quick], 0.99) is None


def test_seeds_train_as_the_stage_does(here, capsys):
    """The row of the seed of params.yaml is what the pipeline reached."""
    # As they are committed, rows of other code and data stand there already.
    before = pd.read_csv(f"{RESULTS}/seeds.csv")
    seeds.main(["--seeds", "1"])
    printed = capsys.readouterr()
    assert f"{len(before)} rows of other code" in printed.err
    table = pd.read_csv(f"{RESULTS}/seeds.csv")[len(before) :]
    metrics = json.loads((here / "metrics.json").read_text())
    (row,) = table.itertuples()
    assert (row.seed, row.split) == (0, "official")
    assert row.errors == metrics["errors"]
    assert row.log_loss == metrics["log_loss"]
    assert f"accuracy: mean {table.accuracy.mean():.6g}" in printed.out


@pytest.mark.usefixtures("here")
def test_seeds_are_counted_from_one(capsys):
    """No seeds are an error of one line, and so is a recipe that there is not."""
    for options in (["--seeds", "0"], ["slow"]):
        with pytest.raises(SystemExit):
            seeds.main(options)
        assert "error: " in capsys.readouterr().err.splitlines()[-1]


@pytest.fixture
def task(here, monkeypatch, capsys):  # noqa: ARG001, the programs read data there
    """Give a function that runs a task of a contender and returns the result."""

    def run(contender, name, **settings):
        job = {"task": name, "settings": {"seed": 1} | settings}
        monkeypatch.setattr(sys, "argv", [contender, json.dumps(job)])
        runpy.run_path(str(ROOT / f"benchmarks/contenders/{contender}.py"), run_name="__main__")
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    return run


@pytest.mark.filterwarnings("ignore:Please import:DeprecationWarning")  # Keras's legacy module
@pytest.mark.parametrize(
    ("contender", "settings"),
    [
        ("ours", {"recipe": "quick"}),
        ("keras_io", {}),
        pytest.param("tutorial", {}, marks=pytest.mark.slow),
    ],
)
def test_contender_takes_its_course(task, contender, settings):
    """A contender gives seconds and accuracy after each epoch, until the one asked for."""
    course = task(contender, "course", stop_at=0.05, **settings)
    assert all(seconds > 0 and 0 <= accuracy <= 1 for seconds, accuracy in course)
    assert [accuracy >= 0.05 for _, accuracy in course].index(True) == len(course) - 1


def test_rate_is_of_images(task, monkeypatch):
    """The rate is that of the steps after the first, times the batch size, in one epoch."""
    now, epochs = iter(range(100)), []
    monkeypatch.setattr(clock, "WARM_UP_STEPS", 1)
    monkeypatch.setattr(clock.time, "perf_counter", lambda: next(now) / 2)
    monkeypatch.setattr(clock.Rate, "on_epoch_begin", lambda *_: epochs.append(1), raising=False)
    assert task("keras_io", "rate") == 2 * keras_io.BATCH_SIZE
    assert len(epochs) == 1


def test_work_is_counted(task):
    """The operations of an image are those counted by hand for the small network."""
    # Filters 8, 8, 16 of 3 x 3 on maps of 28, 14 and 7 pixels; 4 x 4 x 16 into 128 into 10.
    first = 2 * 28 * 28 * 8 * 9
    rest = 2 * (14 * 14 * 8 * 9 * 8 + 7 * 7 * 16 * 9 * 8 + 256 * 128 + 128 * 10)
    assert task("ours", "work", recipe="default") == 2 * first + 3 * rest


def test_corruptions(here, monkeypatch):
    """A row of accuracies for each kind, of three networks and a reader, and a picture."""
    some, trained = ["shot noise"], []

    def train(params, *_, **__):
        trained.append(params.augment)
        return model.load(here / "models/mnist.keras"), None

    monkeypatch.setattr(corruptions, "train_recipe", train)
    monkeypatch.setattr(corruptions, "KINDS", some)
    monkeypatch.setattr(corruptions, "EVERY", 50)
    monkeypatch.setattr(keras_io, "EPOCHS", 1)
    corruptions.main()
    assert trained == [Augment()]
    table = pd.read_csv(f"{RESULTS}/corruptions.csv")
    assert table.columns.tolist() == ["corruption", *READERS, "unmarked", "machine"]
    metrics = json.loads((here / "metrics.json").read_text())
    assert table[OURS].iloc[0] == metrics["accuracy"]
    assert table["corruption"].tolist() == ["none", *some]
    assert table[READERS].stack().between(0, 1).all()
    assert (table["unmarked"] <= 1 - table[PREDICT]).all()
    with Image.open(f"{RESULTS}/corruptions.png") as picture:
        assert picture.format == "PNG"


def test_committed_corruptions():
    """The committed table has a row for each kind."""
    assert tables.read("corruptions")["corruption"].tolist() == ["none", *KINDS]


def test_formats(here, monkeypatch):
    """Keras and every exported format have a row: its size, its rates and the machine."""
    monkeypatch.setattr(formats, "ROUNDS", 1)
    monkeypatch.setattr(formats.timeit.Timer, "autorange", lambda _: (1, 0))
    monkeypatch.delitem(FORMATS, "LiteRT, int8 weights")
    formats.main()
    table = pd.read_csv(f"{RESULTS}/formats.csv")
    assert table["format"].tolist() == ["Keras", *FORMATS]
    assert table["bytes"].iloc[0] == (here / "models/mnist.keras").stat().st_size
    rates = ["images_per_second_batch_1", "images_per_second_batch_1000"]
    assert (table[rates] > 1).all(axis=None)
    assert "thread" in table["machine"].iloc[0]


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_few_images(monkeypatch):
    """Each size that there are images for is trained with its seeds, which differ; no other is."""
    monkeypatch.setattr(few_images, "SIZES", {"60 images": (60, 2), "6,000 images": (6_000, 1)})
    with pytest.raises(UserError) as error:
        few_images.main()
    assert str(error.value) == (
        "6,000 images, split official, seed 0: 6,000 of 600 images cannot be drawn"
    )
    table = pd.read_csv(f"{RESULTS}/few_images.csv")[-2:]
    assert table["recipe"].tolist() == ["60 images"] * 2
    assert table["log_loss"].nunique() == 2


def test_few_images_are_drawn_by_digit():
    """Of each digit its share, each image as often as another, other images with another seed."""
    labels = np.repeat(np.arange(10, dtype=np.uint8), 100)
    images = np.arange(1000)[:, None, None]
    drawn = [few_images.drawn(images, labels, size=100, seed=seed) for seed in (0, 1)]
    for few, own in drawn:
        shown, times = np.unique(few[:], return_counts=True)
        assert len(few) == len(own) == 1000
        assert len(shown) == 100
        assert set(times) == {10}
        assert (np.bincount(own) == 100).all()
        assert (labels[few[:].ravel()] == own).all()
    assert set(drawn[0][0][:].ravel()) != set(drawn[1][0][:].ravel())
