"""Time and memory of training by the number of images: 60,000, 600,000 and 6,000,000.

Run it after ``make repro``, on Linux, with 5 GB of free disk space and nothing else running:

    python -m benchmarks.growth

MNIST's training images are repeated on disk. For each number, a separate process does what the
stage ``train`` does, but with the same number of batches, taken from a shuffle of all images. Peak
memory is what the process allocated after it started to load the images; pages of memory-mapped
files are not counted. The table goes to benchmarks/results/growth.csv.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.memory import STATUS, PeakMemory, allocated_bytes
from digits.atomic_write import PREFIX, atomic_write
from digits.cli import run
from digits.dataset.arrays import load_pair, save_rows
from digits.errors import UserError
from digits.params import read_params

DATA = Path("data/prepared")
REPEATS = (1, 10, 100)  # copies of the training images
BATCHES = 464  # per measurement; nearly all of 60,000 images


def main():
    """Measure each size in a separate process; print and write the table."""
    if len(sys.argv) > 1:
        print(json.dumps(measure(Path(sys.argv[1]))))
        return
    if not STATUS.is_file():
        raise UserError(f"{STATUS}: no such file; only Linux reports memory without mapped files")
    images, labels = load_pair(DATA, "train")
    rows = []
    for repeats in REPEATS:
        # Beside the data, where there is space. `fetch` removes what an interrupted run leaves.
        with tempfile.TemporaryDirectory(prefix=PREFIX, dir=DATA.parent) as folder:
            positions = np.tile(np.arange(len(labels)), repeats)
            save_rows(Path(folder, "train_images.npy"), images, positions)
            save_rows(Path(folder, "train_labels.npy"), labels, positions)
            os.sync()  # so that the system does not write during the measurement
            command = [sys.executable, "-m", "benchmarks.growth", folder]
            printed = subprocess.check_output(command, text=True)  # noqa: S603, no shell
        rows.append(json.loads(printed.splitlines()[-1]))
        print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    with atomic_write() as new:
        table.to_csv(new("benchmarks/results/growth.csv"), index=False, lineterminator="\n")
    print(table.to_string(index=False))


def measure(folder):
    """Train on the images of a folder as the stage does; return time and memory, a dict."""
    # Imported here so that the main process does not take memory or time from the measured one.
    from digits.network import keras, ood
    from digits.network.environment import describe, set_up
    from digits.sweep.training import machine_of, train_recipe

    class Clock(keras.callbacks.Callback):
        """Record the time after each call by the number of batches; end the epoch after BATCHES."""

        def on_epoch_begin(self, epoch, logs=None):
            self.times = {0: time.perf_counter()}

        def on_train_batch_end(self, batch, logs=None):
            self.times[batch + 1] = time.perf_counter()
            if batch + 1 >= BATCHES:
                self.model.stop_training = True

    params = read_params()
    train = params.train.model_copy(update={"epochs": 1})
    params = params.model_copy(update={"train": train})
    dtype = set_up(params.train)
    before = allocated_bytes()
    with PeakMemory() as peak:
        training, validation = load_pair(folder, "train"), load_pair(DATA, "validation")
        clock = Clock()
        trained, _ = train_recipe(params, training, validation, dtype=dtype, callbacks=[clock])
        ood.learn(trained, *training)
    (_, began), (first, first_end), *_, (last, end) = clock.times.items()
    per_batch = (end - first_end) / (last - first)
    return {
        "images": len(training[0]),
        "batches": BATCHES,
        "microseconds_per_image": round(per_batch / params.train.batch_size * 1e6, 1),
        "seconds_to_first_steps": round(first_end - began, 1),
        "arrays_megabytes": round(sum(array.nbytes for array in training) / 1e6),
        "peak_megabytes": round((peak.bytes - before) / 1e6),
        "machine": machine_of(describe(precision=dtype)),
    }


if __name__ == "__main__":
    run(main, name="growth")
