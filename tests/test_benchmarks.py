"""The benchmarks on small data, and the tables that the pages take from their results."""

import json
import shutil
import sys

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from benchmarks import few_images, tables
from benchmarks.compare import seconds_to
from benchmarks.corruptions.kinds import KINDS
from benchmarks.tables import OURS, PREDICT, READERS, markdown
from digits.export import FORMATS
from tests.project import ROOT, Project

RECIPES = yaml.safe_load((ROOT / "experiments/recipes.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", RECIPES)
def test_options_are_the_recipe(project, name):
    """What `make quick` hands to ``dvc exp run`` is what the recipe names, and nothing else."""
    options = project.run(sys.executable, "-m", "benchmarks.recipes", name).splitlines()
    assert {option.partition("=")[0] for option in options} <= {"--set-param"}
    changed = {}
    for option in options:
        key, _, value = option.removeprefix("--set-param=").partition("=")
        section, _, setting = key.partition(".")
        changed.setdefault(section, {})[setting] = yaml.safe_load(value)
    assert changed == RECIPES[name]


def make_quick(project, **options):
    """Run the last commands of `make quick`, without setting up an environment."""
    printed = project.run("make", "--dry-run", "quick", "BIN=.")
    return project.run("sh", "-c", printed[printed.index("options=") :], **options)


def test_make_runs_a_recipe(project, tmp_path):
    """`make quick` runs the recipe as an experiment named quick."""
    copy = project.copy(tmp_path / "a clone")
    make_quick(copy)
    expected = yaml.safe_load(project.read("params.yaml"))
    for section, settings in RECIPES["quick"].items():
        expected[section] |= settings
    assert yaml.safe_load(copy.read("params.yaml")) == expected
    assert copy.run("dvc", "exp", "show", "--csv").count("quick") == 1


def test_make_with_broken_recipes(project, tmp_path):
    """If recipes.yaml cannot be read, `make quick` is an error and runs nothing."""
    copy = project.copy(tmp_path / "a clone")
    (copy.folder / "experiments/recipes.yaml").write_text("quick: [")
    assert "experiments/recipes.yaml" in make_quick(copy, fails=True)
    assert "quick" not in copy.run("dvc", "exp", "show", "--csv")


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


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Run the pipeline on small data, beside the benchmarks."""
    project = Project(tmp_path_factory.mktemp("benchmarks") / "a clone")
    shutil.copytree(ROOT / "benchmarks", project.folder / "benchmarks")
    for name in ("experiments", "requirements"):
        shutil.copytree(ROOT / name, project.folder / name)
    shutil.copy(ROOT / "Makefile", project.folder)
    project.commit("benchmarks")
    project.repro()
    return project


def test_seeds_train_as_the_stage_does(project):
    """The row of the seed of params.yaml is what the pipeline reached, and the seeds differ."""
    # As they are committed, rows of other code and data stand there already.
    before = pd.read_csv(project.folder / "benchmarks/results/seeds.csv")
    printed = project.run(sys.executable, "-m", "benchmarks.seeds", "--seeds", "3")
    assert "rows of other code, data or settings" in printed
    table = pd.read_csv(project.folder / "benchmarks/results/seeds.csv")[len(before) :]
    metrics = json.loads(project.read("metrics.json"))
    assert table.seed.tolist() == [0, 1, 2]
    assert table.split.tolist() == ["official"] * 3
    assert table.errors.iloc[0] == metrics["errors"]
    assert table.log_loss.iloc[0] == metrics["log_loss"]
    assert table.log_loss.nunique() == 3
    assert f"accuracy: mean {table.accuracy.mean():.6g}" in printed


@pytest.mark.parametrize(
    ("contender", "settings"),
    [
        ("ours", {"recipe": "quick"}),
        ("keras_io", {}),
        ("tutorial", {}),
    ],
)
def test_contender_takes_its_course(project, contender, settings):
    """A contender gives seconds and accuracy after each epoch, until the one asked for."""
    job = {"task": "course", "settings": settings | {"stop_at": 0.05, "seed": 1}}
    printed = project.run(
        sys.executable, "-m", f"benchmarks.contenders.{contender}", json.dumps(job)
    )
    course = json.loads(printed.splitlines()[-1])
    assert all(seconds > 0 and 0 <= accuracy <= 1 for seconds, accuracy in course)
    assert [accuracy >= 0.05 for _, accuracy in course].index(True) == len(course) - 1


def test_work_is_counted(project):
    """The operations of an image are those counted by hand for the small network."""
    job = {"task": "work", "settings": {"recipe": "default", "seed": 0}}
    printed = project.run(sys.executable, "-m", "benchmarks.contenders.ours", json.dumps(job))
    # Filters 8, 8, 16 of 3 x 3 on maps of 28, 14 and 7 pixels; 4 x 4 x 16 into 128 into 10.
    first = 2 * 28 * 28 * 8 * 9
    rest = 2 * (14 * 14 * 8 * 9 * 8 + 7 * 7 * 16 * 9 * 8 + 256 * 128 + 128 * 10)
    assert int(printed.splitlines()[-1]) == 2 * first + 3 * rest


def test_corruptions(project):
    """A row of accuracies for each kind, of three networks and a reader, and a picture."""
    project.run(sys.executable, "-m", "benchmarks.corruptions")
    table = pd.read_csv(project.folder / "benchmarks/results/corruptions.csv")
    assert table.columns.tolist() == ["corruption", *READERS, "unmarked", "machine"]
    metrics = json.loads(project.read("metrics.json"))
    assert table[OURS].iloc[0] == metrics["accuracy"]
    assert table["corruption"].tolist() == ["none", *KINDS]
    assert table[READERS].stack().between(0, 1).all()
    assert (table["unmarked"] <= 1 - table[PREDICT]).all()
    with Image.open(project.folder / "benchmarks/results/corruptions.png") as picture:
        assert picture.format == "PNG"


def test_formats(project):
    """Keras and every exported format have a row: its size, its rates and the machine."""
    project.run(sys.executable, "-m", "benchmarks.formats")
    table = pd.read_csv(project.folder / "benchmarks/results/formats.csv")
    assert table["format"].tolist() == ["Keras", *FORMATS]
    assert table["bytes"].iloc[0] == (project.folder / "models/mnist.keras").stat().st_size
    rates = ["images_per_second_batch_1", "images_per_second_batch_1000"]
    assert (table[rates] > 1).all(axis=None)
    assert "thread" in table["machine"].iloc[0]


def test_few_images(tmp_path):
    """Each size that there are images for is trained with its seeds; the other is a line."""
    project = Project(tmp_path / "a clone", train=1200)
    shutil.copytree(ROOT / "benchmarks", project.folder / "benchmarks")
    project.run("dvc", "repro", "fetch")
    printed = project.run(sys.executable, "-m", "benchmarks.few_images", fails=True)
    assert printed.splitlines()[-1] == (
        "few_images: 6,000 images, split official, seed 0: 6,000 of 1,200 images cannot be drawn"
    )
    table = pd.read_csv(project.folder / "benchmarks/results/few_images.csv")[-3:]
    assert table["recipe"].tolist() == ["600 images"] * 3
    assert table["log_loss"].nunique() == 3


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
