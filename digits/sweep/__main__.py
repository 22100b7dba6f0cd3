"""Sweep: train recipes with the same seeds on the same splits, and compare them.

Run it with ``make sweep`` or ``python -m digits.sweep PLAN.yaml``. Each finished training is a row
of PLAN.csv; an interrupted sweep resumes. The table goes to standard output and PLAN_table.csv, the
figure to PLAN.png.
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
from digits.sweep.cluster import run_on_cluster
from digits.sweep.plan import DEFAULT, official_runs, read_plan
from digits.sweep.plot import sweep_figure
from digits.sweep.runner import train_missing
from digits.sweep.table import markdown, summary
from digits.sweep.training import run_locally


def main(argv=None):
    """Read the plan, train what is missing, print and draw the comparison."""
    parser = argparse.ArgumentParser(
        prog="digits.sweep",
        description="Train recipes with the same seeds on the same splits, and compare them.",
    )
    parser.add_argument("plan", type=Path, help="a YAML file: recipes, seeds, splits, holdout_size")
    parser.add_argument(
        "--official",
        metavar="RECIPE",
        help="train only this recipe, on all 60,000 images, and validate on the official 10,000",
    )
    parser.add_argument(
        "--address",
        default=os.environ.get("RAY_ADDRESS"),
        help="train on this Ray cluster: auto or HOST:PORT (default: RAY_ADDRESS, else no cluster)",
    )
    parser.add_argument("--gpus", type=int, default=0, help="GPUs per training on the cluster")
    options = parser.parse_args(argv)
    if options.gpus < 0:
        parser.error("--gpus must be 0 or more")
    presets = {DEFAULT: {}} | load("experiments/recipes.yaml")
    recipes = read_plan(options.plan, params=read_params(), presets=presets)
    if options.official is None:
        # By seed and split, so that an interrupted sweep has trained all recipes equally often.
        runs = sorted(sum(recipes.values(), []), key=lambda run: (run.seed, run.split))
    elif own := recipes.get(options.official):
        seeds = sorted({run.seed for run in own})
        runs = official_runs(options.official, own[0].params, seeds)
    else:
        known = ", ".join(recipes)
        raise UserError(f"{options.plan} has no recipe {options.official}; it has {known}")

    cluster = partial(run_on_cluster, address=options.address, gpus=options.gpus)
    train = cluster if options.address else run_locally
    rows, failures = train_missing(options.plan.with_suffix(".csv"), runs, train=train)
    if len(rows):
        print(markdown(rows))
        if options.official is None:
            with atomic_write() as new:
                table = new(options.plan.with_name(f"{options.plan.stem}_table.csv"))
                summary(rows).to_csv(table, index=False, float_format="%.6g", lineterminator="\n")
                style.save(new(options.plan.with_suffix(".png")), sweep_figure, rows)
    if failures:
        raise UserError("\n".join(failures))


if __name__ == "__main__":
    run(main, name="sweep")
