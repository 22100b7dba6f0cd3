"""model and prototypes -> models/mnist.onnx: all that a reading needs, in one file."""

import json
from pathlib import Path

import numpy as np

from digits.atomic_write import atomic_write
from digits.cli import run
from digits.dataset.arrays import load_pair
from digits.errors import UserError
from digits.inference import THRESHOLD, Recognizer
from digits.network import model, onnx_export, ood
from digits.packages import warn
from digits.params import read_params

MODELS = Path("models")
TOLERANCE = 1e-4  # of a probability or distance; sums in another order differ in the sixth digit


def main():
    """Export, compare with Keras on the validation images, and write the file if they agree."""
    params = read_params()
    warn("export")
    shifts = params.evaluate.shifts
    network, learned = model.load(MODELS / "mnist.keras"), ood.load(MODELS / "prototypes.npz")
    images, _ = load_pair(Path("data/prepared"), "validation")
    metrics = json.loads(Path("metrics.json").read_text(encoding="utf-8"))
    settings = {
        "network": params.network, "augment": params.augment, "train": params.train,
        "evaluate": params.evaluate,
    }  # fmt: skip
    metadata = {
        THRESHOLD: repr(float(learned["threshold"])),
        "accuracy": repr(metrics["accuracy"]),
        "params": json.dumps({name: part.model_dump() for name, part in settings.items()}),
    }
    features = ood.features(ood.feature_extractor(network), images)
    expected = [
        model.predict(network, images, shifts=shifts),
        ood.distance(features, learned["prototypes"]),
    ]
    with atomic_write() as new:
        path = new(MODELS / "mnist.onnx")
        complete = onnx_export.complete(network, learned["prototypes"], shifts=shifts)
        onnx_export.save(complete, path, metadata)
        given = Recognizer(path).outputs(images)
        for name, ours, keras in zip(["probability", "distance"], given, expected, strict=True):
            difference = np.abs(ours - keras).max()
            if not difference <= TOLERANCE:  # NaN is refused too
                raise UserError(
                    f"models/mnist.onnx: not written: a {name} differs by {difference:.2g} from"
                    f" that of models/mnist.keras; at most {TOLERANCE:g} is allowed"
                )
            print(f"export: largest difference of a {name} from Keras's: {difference:.1g}")


if __name__ == "__main__":
    run(main, name="export")
