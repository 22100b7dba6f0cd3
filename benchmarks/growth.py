"""How time and memory grow with the number of training images: 60,000, 600,000 and 6,000,000.

Run it after ``make repro``, on Linux, with 5 GB of disk free and nothing else running:

    python -m benchmarks.growth

The images are MNIST's own, repeated on disk. Each size goes through what the stage ``train`` does,
in a process of its own, but for the steps: as many at each size, on batches out of the order of
all its images. Memory is what the process had allocated at its peak, above what it held before it
mapped the images; pages of the mapped files are not counted. The table goes to
benchmarks/growth.csv too.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.memory import STATUS, Peak, held
from digits.command import run
from digits.dataset.arrays import load_pair, save_rows
from digits.errors import UserError
from digits.files import PREFIX, replacing
from digits.params import read_params

DATA = Path("data/prepared")
REPEATS = (1, 10, 100)  # times the training images
BATCHES = 464  # on which each size trains: nearly all of 60,000 images
TABLE = Path("benchmarks/growth.csv")


def main():
    """Measure each size in a process of its own, print and write the table."""
    if len(sys.argv) > 1:
        print(json.dumps(measure(Path(sys.argv[1]))))
        return
    if not STATUS.is_file():
        raise UserError(f"{STATUS}: no such file; only Linux tells what memory is not a file's")
    images, labels = load_pair(DATA, "train")
    rows = []
    for repeats in REPEATS:
        # Beside the data, where there is room; `fetch` removes what a kill leaves.
        with tempfile.TemporaryDirectory(prefix=PREFIX, dir=DATA.parent) as folder:
            positions = np.tile(np.arange(len(labels)), repeats)
            save_rows(Path(folder, "train_images.npy"), images, positions)
            save_rows(Path(folder, "train_labels.npy"), labels, positions)
            os.sync()  # or the system would write while it is timed
            done = subprocess.run(  # noqa: S603, no shell
                [sys.executable, "-m", "benchmarks.growth", folder],
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


def measure(folder):
    """Train on the images of a folder as the stage does; give time per image and peak memory."""
    # Here: the process that starts the others leaves them the machine to themselves.
    from digits.network import familiarity, keras
    from digits.network.machine import describe, set_up
    from digits.sweep.training import machine_of, train_recipe

    class Clock(keras.callbacks.Callback):
        """Time the steps, but for those of the first call, and end the epoch after BATCHES."""

        def on_epoch_begin(self, epoch, logs=None):
            self.began = self._start = time.perf_counter()
            self._first = None

        def on_train_batch_end(self, batch, logs=None):
            now = time.perf_counter()
            if self._first is None:
                self._first, self._start, self.until_first = batch + 1, now, now - self.began
            elif batch + 1 >= BATCHES:
                self.per_batch = (now - self._start) / (batch + 1 - self._first)
                self.model.stop_training = True

    params = read_params()
    params = replace(params, train=replace(params.train, epochs=1))
    dtype = set_up(params.train)
    before = held()
    with Peak() as peak:
        training, validation = load_pair(folder, "train"), load_pair(DATA, "validation")
        clock = Clock()
        trained, _ = train_recipe(params, training, validation, dtype=dtype, callbacks=[clock])
        familiarity.learn(trained, *training)
    return {
        "images": len(training[0]),
        "batches": BATCHES,
        "microseconds_per_image": round(clock.per_batch / params.train.batch_size * 1e6, 1),
        "seconds_to_first_steps": round(clock.until_first, 1),
        "arrays_megabytes": round(sum(array.nbytes for array in training) / 1e6),
        "peak_megabytes": round((peak.bytes - before) / 1e6),
        "machine": machine_of(describe(precision=dtype)),
    }


if __name__ == "__main__":
    run(main, name="growth")
