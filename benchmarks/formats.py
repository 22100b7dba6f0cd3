"""LiteRT compared with Keras: size, predictions and speed.

    python -m benchmarks.formats

writes benchmarks/results/formats.csv. `make export` installs what it needs; run it with nothing
else running.
"""

import os
import tempfile
import timeit
from pathlib import Path

import pandas as pd

from benchmarks.tables import formats
from digits.atomic_write import atomic_write
from digits.cli import run
from digits.dataset.arrays import load_pair
from digits.export import FORMATS, SOURCE, export
from digits.network import model, tf
from digits.network.environment import describe
from digits.sweep.training import machine_of

SIZES = (1, 1000)  # images per batch
ROUNDS = 5  # the fastest counts


def main():
    """Export, time each format, write the table."""
    with tempfile.TemporaryDirectory() as folder:
        exported = export(Path(folder))
        loaded = [load(Path(folder, file)) for file, _, load, _ in FORMATS.values()]
        keras = [["Keras", SOURCE.name, SOURCE.stat().st_size, 0, 0.0]]
        table = pd.DataFrame(keras + exported.to_numpy().tolist(), columns=exported.columns)
        images, _ = load_pair(Path("data/prepared"), "validation")
        for size in SIZES:
            batch = model.as_input(images[:size])
            rates = [rate(predict, batch) for predict in [load_keras(), *loaded]]
            table[f"images_per_second_batch_{size}"] = rates
    threads = {"threads": os.cpu_count()}  # all formats use all processors
    table["machine"] = machine_of(describe(precision="float32") | threads)
    with atomic_write() as new:
        table.to_csv(new("benchmarks/results/formats.csv"), index=False, lineterminator="\n")
    print(formats())


def load_keras():
    """Load the Keras model: a function from images to probabilities, traced once per batch size."""
    network = model.load(SOURCE)
    call = tf.function(lambda images: network(images, training=False), jit_compile=False)
    return lambda images: call(images).numpy()


def rate(predict, batch):
    """Measure the images per second of a prediction, the best of several rounds."""
    timer = timeit.Timer(lambda: predict(batch))
    number, _ = timer.autorange()
    return round(number * len(batch) / min(timer.repeat(ROUNDS, number)))


if __name__ == "__main__":
    run(main, name="formats")
