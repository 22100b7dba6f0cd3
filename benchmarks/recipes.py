"""A named recipe as options of ``dvc exp run``, which `make quick` hands to it.

    python -m benchmarks.recipes quick

prints the changes of recipes.yaml, one per line.
"""

import argparse
import json

from digits.cli import run
from digits.settings import load


def main(argv=None):
    """Print the options."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.recipes", description="Print a recipe as options of dvc exp run."
    )
    recipes = load("experiments/recipes.yaml")
    parser.add_argument("recipe", choices=recipes)
    for section, settings in recipes[parser.parse_args(argv).recipe].items():
        for name, value in settings.items():
            print(f"--set-param={section}.{name}={json.dumps(value, separators=(',', ':'))}")


if __name__ == "__main__":
    run(main, name="recipes")
