"""Export the trained network as LiteRT, checked against the Keras model.

    python -m digits.export [FOLDER]

The files take what the Keras model takes, images as float32 (n, height, width, 1) from 0 to 1, and
give the probabilities of the ten digits, float32 (n, 10).
"""

import argparse
import importlib.util
import math
from pathlib import Path

import numpy as np
import pandas as pd

from digits.atomic_write import atomic_write
from digits.cli import run
from digits.dataset.arrays import load_pair
from digits.errors import UserError

SOURCE = Path("models/mnist.keras")
PACKAGE = "ai_edge_litert"


def main(argv=None):
    """Export, and print how each file compares with the Keras model."""
    parser = argparse.ArgumentParser(
        prog="digits.export", description="Write the trained network as LiteRT."
    )
    parser.add_argument("folder", nargs="?", type=Path, default="export", help="default: export")
    table = export(parser.parse_args(argv).folder).drop(columns="format")
    headings = table.columns.str.replace("_", " ").tolist()
    print(table.to_string(index=False, header=headings, float_format="{:.1g}".format))


def export(folder):
    """Write each format, and compare its predictions for the validation images with Keras's.

    Returns a DataFrame with a row per format: format, file, bytes, other_predictions (how many
    images Keras classifies differently), largest_difference (of a probability).

    UserError, and nothing is written, if the package, the model or the images are missing or do not
    fit, or if a probability differs by more than the format's tolerance.
    """
    if importlib.util.find_spec(PACKAGE) is None:
        raise UserError(f"{PACKAGE} is not installed; make export installs it")
    from digits.network import model  # here: importing TensorFlow takes seconds

    network = model.load(SOURCE)
    images, _ = load_pair(Path("data/prepared"), "validation")
    expected = model.predict(network, images)
    rows = []
    with atomic_write() as new:
        for name, (file, convert, load, tolerance) in FORMATS.items():
            print(f"export: {folder / file}", flush=True)
            path = new(folder / file)
            convert(network, path)
            predict = load(path)
            given = model.by_batches(lambda batch, f=predict: f(model.as_input(batch)), images)
            difference = float(np.abs(given - expected).max())
            if not difference <= tolerance:  # NaN is refused too
                raise UserError(
                    f"{folder / file}: not written: a probability differs by {difference:.2g} from"
                    f" that of {SOURCE}; at most {tolerance:g} is allowed"
                )
            changed = int((given.argmax(axis=1) != expected.argmax(axis=1)).sum())
            rows.append([name, file, path.stat().st_size, changed, difference])
    columns = ["format", "file", "bytes", "other_predictions", "largest_difference"]
    return pd.DataFrame(rows, columns=columns)


def to_litert(network, path):
    """Write LiteRT."""
    network.export(path, format="litert", verbose=False)


def to_litert_int8(network, path):
    """Write LiteRT with int8 weights and dynamically quantized activations."""
    from digits.network import tf

    network.export(path, format="litert", verbose=False, optimizations=[tf.lite.Optimize.DEFAULT])


def load_litert(path):
    """Load LiteRT as such a function, which uses all processors."""
    from ai_edge_litert.interpreter import Interpreter
    from joblib import cpu_count

    run_signature = Interpreter(str(path), num_threads=cpu_count()).get_signature_runner()
    (name,) = run_signature.get_input_details()
    return lambda images: run_signature(**{name: images})["output_0"]


TOLERANCE = 1e-4  # of a probability; float32 sums in another order differ in the sixth digit
# Name: file, function that writes it, function that loads it, largest difference allowed.
FORMATS = {
    "LiteRT": ("mnist.tflite", to_litert, load_litert, TOLERANCE),
    "LiteRT, int8 weights": ("mnist_int8.tflite", to_litert_int8, load_litert, math.inf),
}


if __name__ == "__main__":
    run(main, name="export")
