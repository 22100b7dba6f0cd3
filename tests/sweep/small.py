"""A small sweep, for tests that run it."""

import sys

import pandas as pd
import yaml

from tests.project import Project

SWEEP = [sys.executable, "-m", "digits.sweep", "sweep.yaml"]
PLAN = {
    "recipes": {
        "default": None,
        "narrow": {"network": {"filters": [4, 4, 8]}},
        "float32": None,
    },
    "seeds": [0, 1],
    "splits": [0, 1],
    "holdout_size": 100,
}
SAME = ["recipe", "split", "seed", "images", "errors", "accuracy", "log_loss", "machine", "key"]


def make(folder):
    """Make a project with its data fetched, and a plan."""
    project = Project(folder, train=200, test=50)
    project.change(train={"epochs": 1, "threads": 1})
    write_plan(project)
    project.run("dvc", "repro", "fetch")
    return project


def write_plan(project, **changes):
    """Write PLAN with changes, and the named recipes."""
    (project.folder / "experiments").mkdir(exist_ok=True)
    recipes = "float32: {train: {precision: float32}}\n"
    (project.folder / "experiments/recipes.yaml").write_text(recipes)
    (project.folder / "sweep.yaml").write_text(yaml.safe_dump(PLAN | changes, sort_keys=False))


def rows(project, name="sweep.csv"):
    """Read what a sweep wrote, in one order and without times."""
    table = pd.read_csv(project.folder / name, dtype={"key": str})
    return table[SAME].sort_values(["recipe", "split", "seed"], ignore_index=True)
