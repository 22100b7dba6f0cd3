"""data/prepared -> models/mnist.keras, and how the training went, as a table and as pictures."""

import stages.tensorflow_quietly  # noqa: F401, before anything that imports TensorFlow

# isort: split
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from digits import model
from digits.checkpoint import Checkpoint, key_of
from digits.command import run
from digits.dataset import load_pair
from digits.environment import describe
from digits.figures import style
from digits.figures.curves import curve
from digits.figures.warps import warps_figure
from digits.files import replacing
from digits.params import read_params
from digits.precision import choose
from digits.training import make_deterministic, train

PREPARED = Path("data/prepared")
PLOTS = Path("plots")
STATE = Path(".train-state")  # of a training under way; Git ignores it, and it is no output


def main():
    """Train over the whole schedule, then write all outputs together."""
    params = read_params()
    training, validation = load_pair(PREPARED, "train"), load_pair(PREPARED, "validation")
    settings, ranges = params.train, asdict(params.augment)
    threads = os.cpu_count() if settings.threads == "auto" else settings.threads
    make_deterministic(seed=settings.seed, threads=threads)
    dtype = choose(settings.precision)
    print(
        f"train: {len(training[0])} images, {settings.epochs} epochs,"
        f" in {dtype} on {threads} threads"
    )
    environment = describe(precision=dtype)
    checkpoint = Checkpoint(
        STATE,
        key_of(
            settings=[asdict(params.network), ranges, asdict(settings), environment],
            files=[*PREPARED.glob("*.npy"), *project_code()],
        ),
    )
    trained, history = train(
        training,
        validation,
        network=asdict(params.network),
        ranges=ranges,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        warmup=settings.warmup,
        average=settings.average,
        dtype=dtype,
        seed=settings.seed,
        checkpoint=checkpoint,
    )
    figures = {
        "accuracy.png": curve(history, "accuracy"),
        "loss.png": curve(history, "loss"),
        "Augmented_images.png": warps_figure(training[0], seed=settings.seed, ranges=ranges),
    }
    with replacing(
        Path("models/mnist.keras"),
        Path("models/environment.json"),
        PLOTS / "history.csv",
        *(PLOTS / name for name in figures),
    ) as (model_file, environment_file, history_file, *figure_files):
        model.save(trained, model_file)
        environment_file.write_text(json.dumps(environment, indent=2) + "\n", encoding="utf-8")
        # Six digits: what differs beyond them is noise, and `dvc plots diff` would show it.
        history.to_csv(history_file, index=False, float_format="%.6g", lineterminator="\n")
        for figure, file in zip(figures.values(), figure_files, strict=True):
            style.save(figure, file)
    checkpoint.clear()


def project_code():
    """List the files of this project's modules that this process has imported."""
    return [
        module.__file__
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in ("digits", "stages") and module.__file__
    ]


if __name__ == "__main__":
    run(main, name="train")
