"""Fifteen corruptions of the validation images, and what three networks still read of them.

    python -m benchmarks.corruptions

Ours is that of the repository, as `dvc repro` leaves it; the same recipe without augmentation, and
keras.io's example, are trained here. `digits.predict`, which looks for ink before it asks ours,
reads some of the images too. Table and picture go to benchmarks/corruptions.csv and .png.
"""

from dataclasses import replace
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from benchmarks.contenders import keras_io
from benchmarks.corruptions.kinds import KINDS, corrupt
from benchmarks.corruptions.picture import corruptions_figure
from benchmarks.handwriting import figures
from benchmarks.tables import EXAMPLE, OURS, PREDICT, UNAUGMENTED, corruptions
from digits.command import run
from digits.dataset.arrays import load_pair
from digits.errors import UserError
from digits.evaluation.figures.style import save
from digits.files import replacing
from digits.handwriting.recognizer import Recognizer
from digits.network import model
from digits.network.machine import describe, set_up
from digits.params import Augment, read_params
from digits.sweep.training import machine_of, train_recipe

SEED = 0  # of the corruptions
SHOWN = 3  # images of each kind in the picture
EVERY = 10  # of so many images digits.predict reads one, for it takes its time


def main():
    """Train, measure, write the table and the picture."""
    params = read_params()
    if params.prepare.validation != "official":
        raise UserError("params.yaml: prepare.validation: the table is of the official split")
    dtype = set_up(params.train)
    ours = model.load(Path("models/mnist.keras"))
    data = [load_pair(Path("data/prepared"), part) for part in ("train", "validation")]
    plain = replace(params, augment=Augment(rotation=0, shift=0, zoom=0, shear=0))
    unaugmented, _ = train_recipe(plain, *data, dtype=dtype)
    print(f"{EXAMPLE}: {keras_io.EPOCHS} epochs")
    shifts = params.evaluate.shifts
    networks = {
        OURS: (ours, shifts),
        UNAUGMENTED: (unaugmented, shifts),
        EXAMPLE: (keras_io.fit(*data, seed=params.train.seed), 0),
    }
    recognizer = Recognizer()
    images, labels = data[1]
    rows, shown = [], []
    for kind in tqdm(["none", *KINDS], unit="kind", disable=None):
        corrupted = corrupt(kind, images, seed=SEED) if kind in KINDS else images
        shown.append(corrupted[:SHOWN])
        row = {"corruption": kind}
        for name, (network, looks) in networks.items():
            digits = model.predict(network, corrupted, shifts=looks).argmax(axis=1)
            row[name] = (digits == labels).mean()
        found = figures(labels[::EVERY].tolist(), corrupted[::EVERY], recognizer)
        row[PREDICT] = found["accuracy"]
        row["unmarked"] = found["sure_wrong"] / found["pictures"]
        rows.append(row)
    table = pd.DataFrame(rows).assign(machine=machine_of(describe(precision=dtype)))
    with replacing() as new:
        table.to_csv(
            new("benchmarks/corruptions.csv"),
            index=False,
            float_format="%.4f",
            lineterminator="\n",
        )
        save(corruptions_figure(table, shown), new("benchmarks/corruptions.png"))
    print(corruptions())


if __name__ == "__main__":
    run(main, name="corruptions")
