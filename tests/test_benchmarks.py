"""The benchmarks, on small data, and the figures that the README takes from them."""

import json
import re
import shutil
import sys
from dataclasses import asdict

import pandas as pd
import pytest
import yaml

from benchmarks.compare import seconds_to
from benchmarks.recipes import QUICK, RECIPES, recipe
from benchmarks.tables import SENTENCES, comparison, growth, handwriting, read, seeds
from digits.params import read_params
from tests.project import ROOT, Project

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_quick_recipe_is_the_documented_command():
    """The options of ``dvc exp run`` in the README are the recipe that is measured, all of it."""
    (command,) = re.findall(r"^\$ dvc exp run (-S (?:.*\\\n)+.*ema_momentum.*)$", README, re.M)
    shown = {}
    for name, value in re.findall(r"-S '?([\w.]+)=([^\s']+)", command):
        section, key = name.split(".")
        shown.setdefault(section, {})[key] = yaml.safe_load(value)
    assert shown == QUICK


@pytest.mark.parametrize("name", RECIPES)
def test_recipe_changes_what_it_names(name):
    """A recipe is params.yaml but for its changes."""
    params = read_params(ROOT / "params.yaml")
    expected = as_lists(params)
    for section, settings in RECIPES[name].items():
        expected[section] |= settings
    assert as_lists(recipe(params, name)) == expected


def as_lists(params):
    """Turn params into dicts and lists, as YAML has them."""
    return json.loads(json.dumps(asdict(params)))


def compared():
    """Give the table of the committed comparison."""
    return comparison(read("compare.csv"))


@pytest.mark.parametrize("table", [seeds, compared, growth, handwriting])
def test_benchmarks_page_holds_the_committed_figures(table):
    """Each table of the benchmarks is what the committed CSVs come to, to the character."""
    assert table() in (ROOT / "benchmarks/README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("sentence", SENTENCES)
def test_readme_holds_the_committed_figures(sentence):
    """Each sentence of the README about accuracy and speed is what the CSVs come to."""
    assert sentence() in " ".join(README.split())


def test_seconds_to_the_first_that_reaches():
    """The time is that of the first epoch at or above the target; none where there is none."""
    course = [[1.0, 0.98], [2.04, 0.99], [3.0, 0.97], [4.0, 0.995]]
    assert seconds_to(course, 0.99) == 2.0
    assert seconds_to(course, 0.995) == 4.0
    assert seconds_to(course, 0.996) is None


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Run the pipeline on small data, beside the benchmarks."""
    project = Project(tmp_path_factory.mktemp("benchmarks") / "a clone")
    shutil.copytree(ROOT / "benchmarks", project.folder / "benchmarks")
    project.repro()
    return project


def test_seeds_train_as_the_stage_does(project):
    """The row of the seed of params.yaml is what the pipeline reached, and the seeds differ."""
    printed = project.run(sys.executable, "-m", "benchmarks.seeds")
    table = pd.read_csv(project.folder / "benchmarks/seeds.csv")
    metrics = json.loads(project.read("metrics.json"))
    assert table.seed.tolist() == [0, 1, 2, 3, 4]
    assert table.errors[0] == metrics["errors"]
    assert table.log_loss[0] == metrics["log_loss"]
    assert table.log_loss.nunique() == 5
    assert f"accuracy: mean {table.accuracy.mean():.6g}" in printed


@pytest.mark.parametrize(
    ("contender", "settings"),
    [
        ("ours", {"recipe": "default"}),
        ("keras_io", {}),
        ("tutorial", {}),
    ],
)
def test_contender_takes_its_course(project, contender, settings):
    """A contender gives seconds and accuracy after each epoch, until the one asked for."""
    job = {"task": "course", "settings": settings | {"stop_at": 0.05}}
    printed = project.run(
        sys.executable, "-m", f"benchmarks.contenders.{contender}", json.dumps(job)
    )
    course = json.loads(printed.splitlines()[-1])
    assert all(seconds > 0 and 0 <= accuracy <= 1 for seconds, accuracy in course)
    assert [accuracy >= 0.05 for _, accuracy in course].index(True) == len(course) - 1


def test_work_is_counted(project):
    """The operations of an image are those counted by hand for the small network."""
    job = {"task": "work", "settings": {"recipe": "default"}}
    printed = project.run(sys.executable, "-m", "benchmarks.contenders.ours", json.dumps(job))
    # Filters 8, 8, 16 of 3 x 3 on maps of 28, 14 and 7 pixels; 4 x 4 x 16 into 128 into 10.
    first = 2 * 28 * 28 * 8 * 9
    rest = 2 * (14 * 14 * 8 * 9 * 8 + 7 * 7 * 16 * 9 * 8 + 256 * 128 + 128 * 10)
    assert int(printed.splitlines()[-1]) == 2 * first + 3 * rest
