"""Accuracy on corrupted validation images of three networks and of `digits.predict`.

    python -m benchmarks.corruptions

The first network is the one that `dvc repro` trained. The same recipe without augmentation and
keras.io's example are trained here. `digits.predict`, which finds the ink before it uses the first
network, reads a part of the images. The results go to benchmarks/results/corruptions.csv and .png.
"""

from pathlib import Path

import pandas as pd
from tqdm import tqdm

from benchmarks.contenders import keras_io
from benchmarks.corruptions.kinds import KINDS, corrupt
from benchmarks.corruptions.plot import corruptions_figure
from benchmarks.handwriting import figures
from benchmarks.tables import EXAMPLE, OURS, PREDICT, UNAUGMENTED, corruptions
from digits.atomic_write import atomic_write
from digits.cli import run
from digits.dataset.arrays import load_pair
from digits.errors import UserError
from digits.evaluation.figures.style import save
from digits.inference import Recognizer
from digits.network import model
from digits.network.environment import describe, set_up
from digits.params import Augment, read_params
from digits.sweep.training import machine_of, train_recipe

SEED = 0  # of the corruptions
SHOWN = 3  # images of each kind in the picture
EVERY = 10  # digits.predict, which is slow, reads one of so many images


def main():
    """Train and measure; write the table and the figure."""
    params = read_params()
    if params.prepare.validation != "official":
        raise UserError("params.yaml: prepare.validation: the benchmark needs the official split")
    dtype = set_up(params.train)
    ours = model.load(Path("models/mnist.keras"))
    training, validation = (load_pair(Path("data/prepared"), p) for p in ("train", "validation"))
    plain = params.model_copy(update={"augment": Augment()})
    unaugmented, _ = train_recipe(plain, training, validation, dtype=dtype)
    print(f"{EXAMPLE}: {keras_io.EPOCHS} epochs")
    example = keras_io.fit({"seed": params.train.seed})
    shifts = params.evaluate.shifts
    networks = {OURS: (ours, shifts), UNAUGMENTED: (unaugmented, shifts), EXAMPLE: (example, 0)}
    recognizer = Recognizer()
    images, labels = validation
    rows, shown = [], []
    for kind in tqdm(["none", *KINDS], unit="kind", disable=None):
        corrupted = corrupt(kind, images, seed=SEED) if kind in KINDS else images
        shown.append(corrupted[:SHOWN])
        row = {"corruption": kind}
        for name, (network, pixels) in networks.items():
            digits = model.predict(network, corrupted, shifts=pixels).argmax(axis=1)
            row[name] = (digits == labels).mean()
        found = figures(labels[::EVERY].tolist(), corrupted[::EVERY], recognizer)
        row[PREDICT] = found["accuracy"]
        row["unmarked"] = found["sure_wrong"] / found["pictures"]
        rows.append(row)
    table = pd.DataFrame(rows).assign(machine=machine_of(describe(precision=dtype)))
    with atomic_write() as new:
        path = new("benchmarks/results/corruptions.csv")
        table.to_csv(path, index=False, float_format="%.4f", lineterminator="\n")
        save(new("benchmarks/results/corruptions.png"), corruptions_figure, table, shown)
    print(corruptions())


if __name__ == "__main__":
    run(main, name="corruptions")
