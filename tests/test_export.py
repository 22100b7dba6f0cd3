"""Export of a model that the pipeline trained on small data, to ONNX and LiteRT."""

import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
from ai_edge_litert.interpreter import Interpreter

from digits import export
from digits.errors import UserError
from digits.network import keras
from digits.network.model import as_input
from tests.project import ROOT

FILES = ["mnist.onnx", "mnist.tflite", "mnist_int8.tflite"]


@pytest.fixture(scope="module")
def exported(finished, tmp_path_factory):
    """Export as a user does: the folder, and what was printed."""
    folder = tmp_path_factory.mktemp("export") / "a folder"
    return folder, finished.run(sys.executable, "-m", "digits.export", folder)


@pytest.fixture(scope="module")
def images(finished):
    """Give the validation images as the network takes them."""
    return as_input(np.load(finished.folder / "data/prepared/validation_images.npy"))


@pytest.fixture(scope="module")
def expected(finished, images):
    """Give the probabilities that Keras predicts for them."""
    model = keras.saving.load_model(finished.folder / "models/mnist.keras")
    return model.predict(images, verbose=0)


def test_onnx(exported, images, expected):
    """It is valid ONNX with named input and output, takes any batch size, and agrees with Keras."""
    path = exported[0] / "mnist.onnx"
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path)
    (entry,), (end,) = session.get_inputs(), session.get_outputs()
    assert (entry.name, entry.shape) == ("image", ["batch", 28, 28, 1])
    assert (end.name, end.shape) == ("probabilities", ["batch", 10])
    for batch in (images, images[:1]):
        (given,) = session.run(None, {"image": batch})
        assert np.abs(given - expected[: len(batch)]).max() < 1e-5


@pytest.mark.parametrize(
    ("file", "tolerance"), [("mnist.tflite", 1e-5), ("mnist_int8.tflite", 0.1)]
)
def test_litert(exported, images, expected, file, tolerance):
    """It takes any batch size, returns float32 even with int8 weights, and agrees with Keras."""
    runner = Interpreter(str(exported[0] / file)).get_signature_runner()
    ((name, _),) = runner.get_input_details().items()
    for batch in (images, images[:1]):
        (given,) = runner(**{name: batch}).values()
        assert given.dtype == np.float32
        assert np.abs(given - expected[: len(batch)]).max() < tolerance


def test_table(exported):
    """It prints a line per file: its size, other predictions and largest difference."""
    folder, printed = exported
    lines = [line.split() for line in printed.splitlines()[-len(FILES) :]]
    assert [line[0] for line in lines] == FILES
    for file, size, other, difference in lines:
        assert int(size) == (folder / file).stat().st_size
        assert other == "0" or "int8" in file
        assert 0 < float(difference) < 0.1


def test_imports_no_tensorflow():
    """A program that only loads an exported file does not wait for TensorFlow."""
    program = "import sys, digits.export; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_same_bytes(finished, exported, monkeypatch, tmp_path):
    """A second export, in another process and folder, writes the same bytes."""
    monkeypatch.chdir(finished.folder)
    export.main([str(tmp_path / "elsewhere")])
    for file in FILES:
        assert (tmp_path / "elsewhere" / file).read_bytes() == (exported[0] / file).read_bytes()


def test_without_a_model(monkeypatch, tmp_path):
    """Without a model there is a one-line error, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"^models/mnist.keras: no such file; run dvc repro.*\Z"):
        export.main([])
    assert not list(tmp_path.iterdir())


def test_what_differs_is_not_written(finished, monkeypatch, tmp_path):
    """If a converter changes the network, nothing is written and the last export stays."""

    def halved(network, path):
        other = keras.models.clone_model(network)
        other.set_weights([weights / 2 for weights in network.get_weights()])
        export.to_litert(other, path)

    (tmp_path / "mnist.tflite").write_text("the last one")
    monkeypatch.chdir(finished.folder)
    broken = {"LiteRT": ("mnist.tflite", halved, export.load_litert, export.TOLERANCE)}
    monkeypatch.setattr(export, "FORMATS", broken)
    with pytest.raises(UserError, match="mnist.tflite: not written"):
        export.export(tmp_path)
    assert (tmp_path / "mnist.tflite").read_text() == "the last one"
    assert [path.name for path in tmp_path.iterdir()] == ["mnist.tflite"]


def test_package_is_missing(monkeypatch, tmp_path):
    """A missing package is an error that says how to install it."""
    monkeypatch.setattr(export, "PACKAGES", ["numpy", "a_package_of_no_one"])
    with pytest.raises(UserError, match="a_package_of_no_one is not installed; make export"):
        export.export(tmp_path)
    assert not list(tmp_path.iterdir())
