"""How much the seed alone moves the result: a sweep of one recipe on the official split.

    python -m benchmarks.seeds [default | float32 | quick | middling] [--seeds 5]

A row per seed goes to benchmarks/seeds.csv (another recipe than the default: seeds_NAME.csv) as
soon as its training has ended. Killed and started again, it trains only the seeds that are missing.
"""

import argparse
from pathlib import Path

from digits.command import run
from digits.errors import UserError
from digits.sweep.plan import change_all, named_recipes, official_runs


def main():
    """Train what is missing, print the spread of each measure."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.seeds", description="Trains a recipe with several seeds."
    )
    recipes = change_all(named_recipes(), where="recipes.yaml")
    parser.add_argument("recipe", nargs="?", default="default", choices=recipes)
    parser.add_argument("--seeds", type=int, default=5, help="how many (default: %(default)s)")
    options = parser.parse_args()
    name = "seeds.csv" if options.recipe == "default" else f"seeds_{options.recipe}.csv"
    if options.seeds < 1:
        parser.error("--seeds must be 1 or more")
    runs = official_runs(options.recipe, recipes[options.recipe], range(options.seeds))

    from digits.sweep.filling import fill  # here: TensorFlow takes seconds to import

    table, failures = fill(Path("benchmarks", name), runs)
    for column in ("accuracy", "errors", "log_loss", "errors_one_look", "log_loss_one_look"):
        values = table[column]
        print(
            f"{column}: mean {values.mean():.6g}, standard deviation {values.std():.2g},"
            f" lowest {values.min():.6g}, highest {values.max():.6g}"
        )
    if failures:
        raise UserError("\n".join(failures))


if __name__ == "__main__":
    run(main, name="seeds")
