"""How much the seed alone moves the result: trains a recipe with several seeds.

Run it after ``make repro``, on whatever split is prepared:

    python -m benchmarks.seeds [default | float32 | quick | middling] [--seeds 5]

A row per seed goes to benchmarks/seeds.csv (another recipe than the default: seeds_NAME.csv) as
soon as its training has ended. Killed and started again, it trains only the seeds that are missing;
rows of other code, data or settings are replaced.
"""

import argparse
import time
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd

from benchmarks.recipes import RECIPES, machine_of, recipe, train_recipe
from digits.command import run
from digits.dataset.arrays import load_pair
from digits.evaluation.scoring import score
from digits.files import replacing
from digits.network import keras, model
from digits.network.checkpoint import key_of
from digits.network.machine import describe, set_up
from digits.params import read_params

DATA = Path("data/prepared")


def main():
    """Train once per seed, score in float32, write and print the table."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.seeds", description="Trains a recipe with several seeds."
    )
    parser.add_argument("recipe", nargs="?", default="default", choices=RECIPES)
    parser.add_argument("--seeds", type=int, default=5, help="how many (default: %(default)s)")
    options = parser.parse_args()
    name = "seeds.csv" if options.recipe == "default" else f"seeds_{options.recipe}.csv"
    table_file = Path("benchmarks", name)
    params = recipe(read_params(), options.recipe)
    dtype = set_up(params.train)
    environment = describe(precision=dtype)
    print(f"{options.recipe}, {params.prepare.validation} split: {machine_of(environment)}")

    training, validation = load_pair(DATA, "train"), load_pair(DATA, "validation")
    settings = [asdict(part) for part in (params.network, params.augment, params.train)]
    files = [*DATA.glob("*.npy"), *Path("digits/network").glob("*.py")]
    key = key_of(settings=[*settings, asdict(params.evaluate), environment], files=files)[:12]
    rows = known_rows(table_file, key)
    for seed in range(options.seeds):
        if seed in [row["seed"] for row in rows]:
            continue
        keras.utils.set_random_seed(seed)
        began = time.perf_counter()
        seeded = replace(params, train=replace(params.train, seed=seed))
        trained, _ = train_recipe(seeded, training, validation, dtype=dtype)
        seconds = time.perf_counter() - began
        measures = measured(trained, validation, shifts=params.evaluate.shifts)
        one_look = measured(trained, validation, shifts=0)
        rows.append(
            {"seed": seed, "images": len(validation[1])}
            | measures
            | {"errors_one_look": one_look["errors"], "log_loss_one_look": one_look["log_loss"]}
            | {"seconds": round(seconds, 1), "machine": machine_of(environment), "key": key}
        )
        with replacing() as new:
            pd.DataFrame(rows).to_csv(new(table_file), index=False, lineterminator="\n")
        print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    for column in ("accuracy", "errors", "log_loss", "errors_one_look", "log_loss_one_look"):
        values = table[column]
        print(
            f"{column}: mean {values.mean():.6g}, standard deviation {values.std():.2g},"
            f" lowest {values.min():.6g}, highest {values.max():.6g}"
        )


def known_rows(path, key):
    """List the rows that an earlier run with this key has written."""
    if not path.is_file():
        return []
    table = pd.read_csv(path, dtype={"key": str})  # 1e23 is a key too, and no number
    return table[table["key"] == key].to_dict("records") if "key" in table else []


def measured(trained, validation, *, shifts):
    """Score a model: errors, accuracy with its 95 % Wilson interval, log loss."""
    images, labels = validation
    measures = score(labels, model.predict(trained, images, shifts=shifts))
    names = ["errors", "accuracy", "accuracy_low", "accuracy_high", "log_loss"]
    return {name: round(measures[name], 5) for name in names}


if __name__ == "__main__":
    run(main, name="seeds")
