"""How much the seed alone moves the result: trains a recipe with several seeds.

Run it after ``make repro``, on whatever split is prepared:

    python -m benchmarks.seeds [default | float32 | quick | quick_float32]

It writes a row per seed to benchmarks/seeds.csv (another recipe than the default: seeds_NAME.csv),
with the 95 % Wilson interval of each accuracy, and prints the table with mean and spread.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd

from benchmarks.recipes import RECIPES, machine_of, recipe, train_recipe
from digits.command import run
from digits.dataset.arrays import load_pair
from digits.evaluation.scoring import score
from digits.files import replacing
from digits.network import keras, model
from digits.network.machine import describe, set_up
from digits.params import read_params

SEEDS = range(5)
DATA = Path("data/prepared")


def main():
    """Train once per seed, score in float32, write and print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.seeds", description=__doc__.splitlines()[0])
    parser.add_argument("recipe", nargs="?", default="default", choices=RECIPES)
    name = parser.parse_args().recipe
    table_file = Path("benchmarks", "seeds.csv" if name == "default" else f"seeds_{name}.csv")
    params = recipe(read_params(), name)
    dtype = set_up(params.train)
    machine = machine_of(describe(precision=dtype))
    print(f"{name}, {params.prepare.validation} split: {machine}")

    training, validation = load_pair(DATA, "train"), load_pair(DATA, "validation")
    rows = []
    for seed in SEEDS:
        keras.utils.set_random_seed(seed)
        began = time.perf_counter()
        seeded = replace(params, train=replace(params.train, seed=seed))
        trained, _ = train_recipe(seeded, training, validation, dtype=dtype)
        seconds = time.perf_counter() - began
        measures = score(validation[1], model.predict(trained, validation[0]))
        rows.append(
            {
                "seed": seed,
                "images": len(validation[1]),
                "errors": measures["errors"],
                "accuracy": round(measures["accuracy"], 5),
                "accuracy_low": round(measures["accuracy_low"], 5),
                "accuracy_high": round(measures["accuracy_high"], 5),
                "log_loss": round(measures["log_loss"], 5),
                "seconds": round(seconds, 1),
                "machine": machine,
            }
        )
        print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    with replacing() as new:
        table.to_csv(new(table_file), index=False, lineterminator="\n")
    print(table.to_string(index=False))
    for column in ("accuracy", "errors", "log_loss", "seconds"):
        values = table[column]
        print(
            f"{column}: mean {values.mean():.6g}, standard deviation {values.std():.2g},"
            f" lowest {values.min():.6g}, highest {values.max():.6g}"
        )


if __name__ == "__main__":
    run(main, name="seeds")
