"""data/prepared -> models/mnist.keras, what it has seen, its machine, and how training went."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from digits.command import run
from digits.dataset.arrays import load_pair
from digits.files import replacing
from digits.network import familiarity, machine, model
from digits.network.checkpoint import Checkpoint, key_of
from digits.network.training import train
from digits.params import read_params

PREPARED = Path("data/prepared")
STATE = Path(".train-state")  # of a training under way; Git ignores it, and it is no output


def main():
    """Train over the whole schedule, then write all outputs together."""
    params = read_params()
    training, validation = load_pair(PREPARED, "train"), load_pair(PREPARED, "validation")
    dtype = machine.set_up(params.train)
    environment = machine.describe(precision=dtype)
    print(
        f"train: {len(training[0])} images, {params.train.epochs} epochs,"
        f" in {dtype} on {environment['threads']} threads"
    )
    settings = [asdict(part) for part in (params.network, params.augment, params.train)]
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
    learned = familiarity.learn(trained, *training)
    with replacing() as new:
        model.save(trained, new("models/mnist.keras"))
        np.savez(new("models/prototypes.npz"), **learned)
        description = json.dumps(environment, indent=2) + "\n"
        new("models/environment.json").write_text(description, encoding="utf-8")
        # Six digits: what differs beyond them is noise, and `dvc plots diff` would show it.
        history.to_csv(
            new("plots/history.csv"), index=False, float_format="%.6g", lineterminator="\n"
        )
    checkpoint.clear()


def project_code():
    """List the files of this project's modules that this stage has imported."""
    return [
        module.__file__
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == "digits" and module.__file__
    ]


if __name__ == "__main__":
    run(main, name="train")
