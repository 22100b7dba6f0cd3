"""A small sweep for tests that run it."""

import shutil
import sys

import pandas as pd
import yaml

from tests.project import Project

SWEEP = [sys.executable, "-m", "digits.sweep", "sweep.yaml"]
PRESETS = "narrow: {network: {filters: [4, 4, 8]}}\n"
PLAN = {
    "recipes": {"default": None, "narrow": None},
    "seeds": [0, 1],
    "splits": [0],
    "holdout_size": 100,
}
SAME = ["recipe", "split", "seed", "images", "errors", "accuracy", "log_loss", "machine", "key"]


def make(folder):
    """Make a project with raw data and a plan."""
    project = Project(folder, train=200, test=50)
    project.change(train={"epochs": 1, "threads": 1})
    write_plan(project)
    shutil.copytree(folder.parent / "mirror", folder / "data/raw")
    return project


def write_plan(project, **changes):
    """Write PLAN with changes, and a preset."""
    (project.folder / "experiments").mkdir(exist_ok=True)
    (project.folder / "experiments/recipes.yaml").write_text(PRESETS)
    (project.folder / "sweep.yaml").write_text(yaml.safe_dump(PLAN | changes, sort_keys=False))


def rows(project):
    """Read the rows of the sweep in a fixed order, without times."""
    table = pd.read_csv(project.folder / "sweep.csv", dtype={"key": str})
    return table[SAME].sort_values(["recipe", "split", "seed"], ignore_index=True)
