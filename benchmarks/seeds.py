"""How much the seed alone moves the result: a sweep of one recipe on the official split.

    python -m benchmarks.seeds [default | float32 | quick | balanced] [--seeds 5]

A row per seed goes to benchmarks/results/seeds.csv (another recipe than the default:
seeds_NAME.csv) as soon as its training has ended. An interrupted run resumes.
"""

import argparse
from pathlib import Path

from digits.cli import run
from digits.errors import UserError
from digits.params import read_params
from digits.settings import load
from digits.sweep.plan import DEFAULT, change_all, official_runs
from digits.sweep.runner import train_missing

RECIPES = "experiments/recipes.yaml"


def main(argv=None):
    """Train what is missing, print the spread of each measure."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.seeds", description="Trains a recipe with several seeds."
    )
    recipes = change_all({DEFAULT: {}} | load(RECIPES), read_params(), where=RECIPES)
    parser.add_argument("recipe", nargs="?", default=DEFAULT, choices=recipes)
    parser.add_argument("--seeds", type=int, default=5, help="how many (default: %(default)s)")
    options = parser.parse_args(argv)
    name = "seeds.csv" if options.recipe == DEFAULT else f"seeds_{options.recipe}.csv"
    if options.seeds < 1:
        parser.error("--seeds must be 1 or more")
    runs = official_runs(options.recipe, recipes[options.recipe], range(options.seeds))
    table, failures = train_missing(Path("benchmarks/results", name), runs)
    for column in ("accuracy", "errors", "log_loss", "errors_unshifted", "log_loss_unshifted"):
        values = table[column]
        print(
            f"{column}: mean {values.mean():.6g}, standard deviation {values.std():.2g},"
            f" lowest {values.min():.6g}, highest {values.max():.6g}"
        )
    if failures:
        raise UserError("\n".join(failures))


if __name__ == "__main__":
    run(main, name="seeds")
