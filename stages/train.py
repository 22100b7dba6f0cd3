"""Train the network: data/prepared -> model, prototypes and environment in models/, history."""

import json
import sys
from pathlib import Path

import numpy as np

from digits.atomic_write import atomic_write
from digits.cli import run
from digits.dataset.arrays import load_pair
from digits.network import model, ood
from digits.network.background import changed_fraction
from digits.network.checkpoint import Checkpoint, key_of
from digits.network.environment import describe, set_up
from digits.network.training import train
from digits.packages import imported, warn
from digits.params import read_params

PREPARED = Path("data/prepared")
MOST_CHANGED = 0.01  # fraction of the training images; more do not show strokes
STATE = Path(".train-state")  # checkpoint of an unfinished training; not a DVC output


def main():
    """Train for all epochs, then write all outputs together."""
    params = read_params()
    training, validation = load_pair(PREPARED, "train"), load_pair(PREPARED, "validation")
    dtype = set_up(params.train)
    environment = describe(precision=dtype) | {"packages": imported()}
    print(
        f"train: images: {len(training[0]):,}, epochs: {params.train.epochs},"
        f" threads: {environment['threads']}, precision: {dtype}"
    )
    warn("train")
    warn_about_background(training[0], params.network.background)
    settings = [part.model_dump() for part in (params.network, params.augment, params.train)]
    checkpoint = Checkpoint(
        STATE,
        key_of(
            settings=[*settings, environment],
            files=[__file__, *PREPARED.glob("*.npy"), *project_code()],
        ),
    )
    trained, history = train(
        training,
        validation,
        network=params.network,
        augment=params.augment,
        settings=params.train,
        dtype=dtype,
        checkpoint=checkpoint,
    )
    learned = ood.learn(trained, *training)
    with atomic_write() as new:
        model.save(trained, new("models/mnist.keras"))
        np.savez(new("models/prototypes.npz"), **learned)
        environment["packages"] = imported()  # more than at the start
        description = json.dumps(environment, indent=2) + "\n"
        new("models/environment.json").write_text(description, encoding="utf-8")
        # Six significant digits: `dvc plots diff` would show the noise beyond them.
        history.to_csv(
            new("plots/history.csv"), index=False, float_format="%.6g", lineterminator="\n"
        )
    checkpoint.clear()


def warn_about_background(images, side):
    """Print a warning if removing the background changes more than 1% of the training images."""
    share = changed_fraction(images, side)
    if share > MOST_CHANGED:
        print(
            f"train: network.background: {side} removes parts of {share:.0%} of the training images"
            " as background; if they do not show strokes on black, set it to 0"
        )


def project_code():
    """Return the paths of all modules of ``digits`` that have been imported."""
    return [
        module.__file__
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == "digits" and module.__file__
    ]


if __name__ == "__main__":
    run(main, name="train")
