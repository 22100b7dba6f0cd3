"""How much the seed alone moves the result: trains the recipe of params.yaml with several seeds.

Run it after ``make repro``, on whatever split is prepared:

    python -m benchmarks.seeds

It writes a row a seed to benchmarks/seeds.csv, with the 95 % Wilson interval of each accuracy, and
prints the table with mean and spread.
"""

import stages.tensorflow_quietly  # noqa: F401, before anything that imports TensorFlow

# isort: split
import os
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import keras
import pandas as pd

from digits import model
from digits.checkpoint import Checkpoint
from digits.command import run
from digits.dataset import load_pair
from digits.environment import describe
from digits.files import replacing
from digits.params import read_params
from digits.precision import choose
from digits.scoring import normalized, score
from digits.training import make_deterministic, train

SEEDS = range(5)
TABLE = Path("benchmarks/seeds.csv")


def main():
    """Train once a seed, score in float32, write and print the table."""
    params = read_params()
    settings = params.train
    threads = os.cpu_count() if settings.threads == "auto" else settings.threads
    make_deterministic(seed=settings.seed, threads=threads)
    dtype = choose(settings.precision)
    machine = describe(precision=dtype)
    print(f"{machine['processor']}, {threads} threads, {dtype}; {params.prepare.validation} split")

    folder = Path("data/prepared")
    training, validation = load_pair(folder, "train"), load_pair(folder, "validation")
    rows = []
    for seed in SEEDS:
        keras.utils.set_random_seed(seed)
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as state:
            trained, _ = train(
                training,
                validation,
                network=asdict(params.network),
                ranges=asdict(params.augment),
                epochs=settings.epochs,
                batch_size=settings.batch_size,
                learning_rate=settings.learning_rate,
                warmup=settings.warmup,
                average=settings.average,
                dtype=dtype,
                seed=seed,
                checkpoint=Checkpoint(state, "seed"),
            )
        seconds = time.perf_counter() - began
        measures = score(validation[1], normalized(model.predict(trained, validation[0])))
        rows.append(
            {
                "seed": seed,
                "images": len(validation[1]),
                "errors": measures["errors"],
                "accuracy": round(measures["accuracy"], 5),
                "accuracy_low": round(measures["accuracy_low"], 5),
                "accuracy_high": round(measures["accuracy_high"], 5),
                "log_loss": round(measures["log_loss"], 5),
                "seconds": round(seconds),
            }
        )
        print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    with replacing(TABLE) as (partial,):
        table.to_csv(partial, index=False, lineterminator="\n")
    print(table.to_string(index=False))
    for name in ("accuracy", "errors", "log_loss"):
        column = table[name]
        print(
            f"{name}: mean {column.mean():.6g}, standard deviation {column.std():.2g},"
            f" lowest {column.min():.6g}, highest {column.max():.6g}"
        )


if __name__ == "__main__":
    run(main, name="seeds")
