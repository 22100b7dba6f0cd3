"""How time and memory grow with the number of training images: 60,000, 240,000 and 600,000.

Run it after ``make repro``, with nothing else running:

    python -m benchmarks.growth

The images are MNIST's own, repeated; each size trains the recipe for one epoch in a process of its
own. Memory is what the process held at its peak, above what it held before it read the images.
The table goes to benchmarks/growth.csv too.
"""

import json
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.contenders.jobs import load
from digits.command import run
from digits.files import replacing
from digits.network import keras
from digits.network.machine import describe, set_up
from digits.params import read_params
from digits.sweep.training import machine_of, train_recipe

REPEATS = (1, 4, 10)  # times the 60,000
TABLE = Path("benchmarks/growth.csv")
UNIT = 1 if sys.platform == "darwin" else 1024  # bytes, of the peak that the system tells


def main():
    """Measure each size in a process of its own, print and write the table."""
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]))))
        return
    rows = []
    for repeats in REPEATS:
        done = subprocess.run(  # noqa: S603, no shell
            [sys.executable, "-m", "benchmarks.growth", str(repeats)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    with replacing() as new:
        table.to_csv(new(TABLE), index=False, lineterminator="\n")
    print(table.to_string(index=False))


def measure(repeats):
    """Train one epoch on the repeated images; give time per image and peak memory."""
    params = read_params()
    params = replace(params, train=replace(params.train, epochs=1))
    dtype = set_up(params.train)
    before = peak_memory()
    (images, labels), validation = load()
    images, labels = np.concatenate([images] * repeats), np.concatenate([labels] * repeats)
    clock = EpochClock()
    train_recipe(params, (images, labels), validation, dtype=dtype, callbacks=[clock])
    return {
        "images": len(images),
        "microseconds_per_image": round(clock.seconds / len(images) * 1e6, 1),
        "arrays_megabytes": round((images.nbytes + labels.nbytes) / 1e6),
        "peak_megabytes": round((peak_memory() - before) / 1e6),
        "machine": machine_of(describe(precision=dtype)),
    }


def peak_memory():
    """Give the most bytes of memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT


class EpochClock(keras.callbacks.Callback):
    """Time the steps of the epoch, without the validation after it; ``seconds`` holds it."""

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.perf_counter()

    def on_test_begin(self, logs=None):
        self.seconds = time.perf_counter() - self._start


if __name__ == "__main__":
    run(main, name="growth")
