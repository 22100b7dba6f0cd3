"""data/prepared -> models/mnist.keras, and how the training went, as a table and as pictures."""

import stages.tensorflow_quietly  # noqa: F401, before anything that imports TensorFlow

# isort: split
from dataclasses import asdict
from pathlib import Path

from digits import model
from digits.command import run
from digits.dataset import load_pair
from digits.figures import style
from digits.figures.curves import curve
from digits.figures.warps import warps_figure
from digits.files import replacing
from digits.params import read_params
from digits.precision import choose
from digits.training import make_deterministic, train

PREPARED = Path("data/prepared")
PLOTS = Path("plots")


def main():
    """Train over the whole schedule, then write all outputs together."""
    params = read_params()
    training, validation = load_pair(PREPARED, "train"), load_pair(PREPARED, "validation")
    settings = params.train
    make_deterministic(settings.seed)
    dtype = choose(settings.precision)
    print(f"train: {len(training[0])} images, {settings.epochs} epochs, in {dtype}")
    ranges = asdict(params.augment)
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
    )
    figures = {
        "accuracy.png": curve(history, "accuracy"),
        "loss.png": curve(history, "loss"),
        "Augmented_images.png": warps_figure(training[0], seed=settings.seed, ranges=ranges),
    }
    with replacing(
        Path("models/mnist.keras"), PLOTS / "history.csv", *(PLOTS / name for name in figures)
    ) as (model_file, history_file, *figure_files):
        model.save(trained, model_file)
        # Six digits: what differs beyond them is noise, and `dvc plots diff` would show it.
        history.to_csv(history_file, index=False, float_format="%.6g", lineterminator="\n")
        for figure, file in zip(figures.values(), figure_files, strict=True):
            style.save(figure, file)


if __name__ == "__main__":
    run(main, name="train")
