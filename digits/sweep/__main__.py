"""Train recipes with the same seeds on the same splits, and compare them.

Run it by ``make sweep``, or ``python -m digits.sweep sweep.yaml``. Each training becomes a row of
sweep.csv as soon as it ends, and is not repeated. The table goes to standard output and to
sweep_table.csv, the picture to sweep.png.
"""

import argparse
import os
from functools import partial
from pathlib import Path

from digits.atomic_write import atomic_write
from digits.cli import run
from digits.errors import UserError
from digits.evaluation.figures import style
from digits.params import read_params
from digits.settings import load
from digits.sweep.cluster import on_cluster
from digits.sweep.plan import DEFAULT, OFFICIAL, official_runs, read_plan
from digits.sweep.plot import sweep_figure
from digits.sweep.runner import fill
from digits.sweep.table import markdown, summary
from digits.sweep.training import run_locally


def main():
    """Read the plan, train what is missing, print and draw the comparison."""
    parser = argparse.ArgumentParser(
        prog="digits.sweep",
        description="Trains recipes with the same seeds on the same splits, and compares them.",
    )
    parser.add_argument("plan", type=Path, help="a YAML file: recipes, seeds, splits, holdout_size")
    parser.add_argument(
        "--official",
        metavar="RECIPE",
        help="train this one on all 60,000 images instead, and read the official 10,000",
    )
    parser.add_argument(
        "--address",
        default=os.environ.get("RAY_ADDRESS"),
        help="of a Ray cluster to train on: auto, or HOST:PORT (default: RAY_ADDRESS, or none)",
    )
    parser.add_argument("--gpus", type=int, default=0, help="that a training takes on the cluster")
    options = parser.parse_args()
    if options.gpus < 0:
        parser.error("--gpus must be 0 or more")
    named = {DEFAULT: {}} | load("experiments/recipes.yaml")
    recipes = read_plan(options.plan, params=read_params(), named=named)
    if options.official is None:
        runs = [run for runs in recipes.values() for run in runs]
    elif options.official in recipes:
        own = recipes[options.official]
        seeds = dict.fromkeys(run.seed for run in own)
        runs = official_runs(options.official, own[0].params, seeds)
    else:
        known = ", ".join(recipes)
        raise UserError(f"{options.plan} has no recipe {options.official}; it has {known}")

    cluster = partial(on_cluster, address=options.address, gpus=options.gpus)
    train = cluster if options.address else run_locally
    rows, failures = fill(options.plan.with_suffix(".csv"), interleave(runs), train=train)
    if len(rows):
        tell(rows, options.plan)
    if failures:
        raise UserError("\n".join(failures))


def interleave(runs):
    """Sort by seed and split, so that an interrupted sweep has trained each recipe as often."""
    return sorted(runs, key=lambda run: (run.seed, run.split))


def tell(rows, plan):
    """Print the table. Write it and the picture beside the plan, unless the split is official."""
    print(markdown(rows))
    if set(rows["split"]) != {OFFICIAL}:
        with atomic_write() as new:
            table = new(plan.with_name(f"{plan.stem}_table.csv"))
            summary(rows).to_csv(table, index=False, float_format="%.6g", lineterminator="\n")
            style.save(new(plan.with_suffix(".png")), sweep_figure, rows)


if __name__ == "__main__":
    run(main, name="sweep")
