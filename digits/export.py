"""The network for where there is no Keras: as ONNX and LiteRT, each held against Keras.

    python -m digits.export [FOLDER]

The files take what the Keras model takes, images as float32 (n, height, width, 1) from 0 to 1, and
give the probabilities of the ten digits, float32 (n, 10).
"""

import argparse
import importlib.util
import math
import os
import timeit
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from digits.command import run
from digits.dataset.arrays import load_pair
from digits.errors import UserError
from digits.files import replacing
from digits.network import model, tf
from digits.network.model import as_input, by_blocks

SOURCE = Path("models/mnist.keras")
PACKAGES = ["tf2onnx", "onnxruntime", "ai_edge_litert"]
SIZES = (1, 1000)  # images at a time that are timed
ROUNDS = 5  # of which the shortest time counts
HEADINGS = {
    "other_predictions": "other predictions",
    "largest_difference": "largest difference",
    "images_per_second_batch_1": "images/s by 1",
    "images_per_second_batch_1000": "by 1,000",
}


def main():
    """Convert, compare, and move the files into place if they give what Keras gives."""
    parser = argparse.ArgumentParser(
        prog="digits.export", description="Writes the trained network as ONNX and LiteRT."
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default="export", help="default: %(default)s"
    )
    folder = parser.parse_args().folder
    with replacing() as new:
        table = export(new, folder)
    shown = table.drop(columns="format").rename(columns=HEADINGS)
    print(shown.to_string(index=False, float_format="{:.1g}".format))


def export(new, folder):
    """Write each format, and compare it with Keras on the validation images.

    Args:
        new: of :func:`digits.files.replacing`.
        folder: for the files.

    Returns:
        A DataFrame, a row per format and Keras first: format, file, bytes, other_predictions,
        largest_difference (of a probability), images_per_second_batch_1 and ..._1000.

    Raises:
        UserError: a package, the model or the images are missing, or do not fit; or a file in
            float32 gives other probabilities than Keras.
    """
    for name in PACKAGES:
        if importlib.util.find_spec(name) is None:
            raise UserError(f"{name} is not installed; make export installs it")
    network = model.load(SOURCE)
    images, _ = load_pair(Path("data/prepared"), "validation")
    expected = model.predict(network, images)
    rows = [row_of("Keras", SOURCE, SOURCE, of_keras(network), images, expected)]
    for name, (file, convert, opened, tolerance) in FORMATS.items():
        path = folder / file
        print(f"export: {path}", flush=True)
        written = new(path)
        convert(network, written)
        row = row_of(name, path, written, opened(written), images, expected)
        if not row["largest_difference"] <= tolerance:  # nor is NaN
            raise UserError(
                f"{path}: not written: a probability is {row['largest_difference']:.2g} away from"
                f" that of {SOURCE}, more than {tolerance:g}"
            )
        rows.append(row)
    return pd.DataFrame(rows)


def row_of(name, path, written, predict, images, expected):
    """Compare one format with what is expected, and time it."""
    given = probabilities(predict, images)
    row = {
        "format": name,
        "file": path.name,
        "bytes": written.stat().st_size,
        "other_predictions": int((given.argmax(axis=1) != expected.argmax(axis=1)).sum()),
        "largest_difference": float(np.abs(given - expected).max()),
    }
    for size in SIZES:
        batch = as_input(images[:size])
        timer = timeit.Timer(lambda: predict(batch))  # noqa: B023, called here
        number, _ = timer.autorange()
        seconds = min(timer.repeat(ROUNDS, number))
        row[f"images_per_second_batch_{size}"] = round(number * len(batch) / seconds)
    return row


def probabilities(predict, images):
    """Give the probabilities, float32 (n, 10), of images, uint8 (n, height, width)."""
    return by_blocks(lambda block: predict(as_input(block)), images)


def of_keras(network):
    """Give a function from images to probabilities, traced once per batch size."""
    call = tf.function(lambda images: network(images, training=False), jit_compile=False)
    return lambda images: call(images).numpy()


def to_onnx(network, path):
    """Write ONNX, whose input is ``image`` and whose output ``probabilities``."""
    import onnx

    with warnings.catch_warnings():
        # Keras asks NumPy for a name that it had, for tf2onnx before 1.17.
        warnings.filterwarnings("ignore", message=".*`np.object`", category=FutureWarning)
        network.export(path, format="onnx", verbose=False)
    converted = onnx.load(path)
    rename(converted.graph)
    onnx.checker.check_model(converted)
    onnx.save(converted, path)


def rename(graph):
    """Name all values of an ONNX graph by the order in which they are first used.

    Which of several equal constants tf2onnx keeps, and so their names, is left to chance.
    """
    names = {graph.input[0].name: "image", graph.output[0].name: "probabilities"}
    for node in graph.node:
        node.name = ""
        for values in (node.input, node.output):
            values[:] = [names.setdefault(name, f"value_{len(names)}") for name in values]
    for value in (*graph.initializer, *graph.value_info, *graph.input, *graph.output):
        value.name = names[value.name]
    graph.initializer.sort(key=lambda value: value.name)
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"


def of_onnx(path):
    """Open ONNX: a function from images to probabilities."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    return lambda images: session.run(["probabilities"], {"image": images})[0]


def to_litert(network, path):
    """Write LiteRT."""
    network.export(path, format="litert", verbose=False)


def to_litert_int8(network, path):
    """Write LiteRT whose weights are int8; what goes through it is quantized as it comes."""
    network.export(path, format="litert", verbose=False, optimizations=[tf.lite.Optimize.DEFAULT])


def of_litert(path):
    """Open LiteRT: a function from images to probabilities."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=os.cpu_count())
    entry, exit_ = (
        details[0]["index"]
        for details in (interpreter.get_input_details(), interpreter.get_output_details())
    )
    shape = None

    def predict(images):
        nonlocal shape
        if images.shape != shape:
            shape = images.shape
            interpreter.resize_tensor_input(entry, shape)
            interpreter.allocate_tensors()
        interpreter.set_tensor(entry, images)
        interpreter.invoke()
        return interpreter.get_tensor(exit_)

    return predict


# Of a probability, in float32: sums are taken in another order, which tells in the sixth digit.
TOLERANCE = 1e-4
# Name to file, what writes it, what opens it, and the largest difference that is let pass.
FORMATS = {
    "ONNX": ("mnist.onnx", to_onnx, of_onnx, TOLERANCE),
    "LiteRT": ("mnist.tflite", to_litert, of_litert, TOLERANCE),
    "LiteRT, int8 weights": ("mnist_int8.tflite", to_litert_int8, of_litert, math.inf),
}


if __name__ == "__main__":
    run(main, name="export")
