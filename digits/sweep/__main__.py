"""Train recipes with the same seeds on the same splits, and tell which is better.

Run it by ``make sweep``, or ``python -m digits.sweep sweep.yaml``. A row per training goes to
sweep.csv as soon as it has ended; what is there already is not trained again. The table goes to
standard output and to sweep_table.csv, the picture to sweep.png.
"""

import argparse
import os
from functools import partial
from pathlib import Path

from digits.command import run
from digits.errors import UserError
from digits.files import replacing
from digits.sweep.plan import OFFICIAL, official_runs, read_plan


def main():
    """Read the plan, train what is missing, tell what came of it."""
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
    recipes = read_plan(options.plan)
    if options.official is None:
        runs = [run for runs in recipes.values() for run in runs]
    elif options.official in recipes:
        own = recipes[options.official]
        seeds = dict.fromkeys(run.seed for run in own)
        runs = official_runs(options.official, own[0].params, seeds)
    else:
        known = ", ".join(recipes)
        raise UserError(f"{options.plan} has no recipe {options.official}; it has {known}")

    from digits.sweep.filling import fill  # here: TensorFlow takes seconds to import
    from digits.sweep.training import here

    train = here
    if options.address:
        from digits.sweep.cluster import on_cluster

        train = partial(on_cluster, address=options.address, gpus=options.gpus)
    rows, failures = fill(options.plan.with_suffix(".csv"), in_turn(runs), train=train)
    if len(rows):
        tell(rows, options.plan)
    if failures:
        raise UserError("\n".join(failures))


def in_turn(runs):
    """Put all recipes of one split and seed together, so that a sweep cut off compares some."""
    return sorted(runs, key=lambda run: (run.seed, run.split))


def tell(rows, plan):
    """Print the table; beside the plan write it and the picture, unless the split is official."""
    from digits.evaluation.figures import style
    from digits.sweep.picture import sweep_figure
    from digits.sweep.table import markdown, summary

    print(markdown(rows))
    if set(rows["split"]) != {OFFICIAL}:
        with replacing() as new:
            table = new(plan.with_name(f"{plan.stem}_table.csv"))
            summary(rows).to_csv(table, index=False, float_format="%.6g", lineterminator="\n")
            style.save(sweep_figure(rows), new(plan.with_suffix(".png")))


if __name__ == "__main__":
    run(main, name="sweep")
