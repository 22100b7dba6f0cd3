"""Export of a model that the pipeline trained on small data: the stage's ONNX, and LiteRT."""

import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
from ai_edge_litert.interpreter import Interpreter

import stages.export
from digits import export
from digits.errors import UserError
from digits.inference import Recognizer
from digits.network import keras, model, onnx_export, ood
from digits.network.model import as_input
from tests.project import ROOT

FILES = ["mnist.tflite", "mnist_int8.tflite"]


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


@pytest.fixture(scope="module")
def onnx_file(finished):
    """Give the path of the file that the stage wrote."""
    return finished.folder / "models/mnist.onnx"


def test_graph(onnx_file, images):
    """It is valid ONNX with named input and outputs, and takes any number of images."""
    onnx.checker.check_model(onnx.load(onnx_file), full_check=True)
    session = onnxruntime.InferenceSession(onnx_file)
    (entry,) = session.get_inputs()
    assert (entry.name, entry.shape) == ("image", ["batch", 28, 28, 1])
    assert {end.name: end.shape for end in session.get_outputs()} == {
        "probabilities": ["batch", 10], "distance": ["batch"],
    }  # fmt: skip
    together = session.run(None, {"image": images[:3]})
    for index in range(3):
        alone = session.run(None, {"image": images[index : index + 1]})
        for one, all_of_them in zip(alone, together, strict=True):
            np.testing.assert_allclose(one[0], all_of_them[index], atol=1e-6)


@pytest.mark.parametrize("shifts", [0, 1, 2])
def test_same_as_the_pipeline(finished, shifts, tmp_path):
    """It gives Keras' average over the shifts, and the distance from the prototypes."""
    network = model.load(finished.folder / "models/mnist.keras")
    learned = ood.load(finished.folder / "models/prototypes.npz")
    pixels = np.load(finished.folder / "data/prepared/validation_images.npy")
    complete = onnx_export.complete(network, learned["prototypes"], shifts=shifts)
    onnx_export.save(complete, tmp_path / "it.onnx", {"distance_threshold": "0.25"})
    nodes = [node.op_type for node in onnx.load(tmp_path / "it.onnx").graph.node]
    assert nodes.count("Conv") == 3  # nothing is computed twice
    recognizer = Recognizer(tmp_path / "it.onnx")
    probabilities, distances = recognizer.outputs(pixels)
    expected = model.predict(network, pixels, shifts=shifts)
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)
    features = ood.features(ood.feature_extractor(network), pixels)
    np.testing.assert_allclose(distances, ood.distance(features, learned["prototypes"]), atol=1e-5)
    _, is_ood = recognizer.predict(pixels)
    np.testing.assert_array_equal(is_ood, distances > 0.25)


def test_metadata(finished, onnx_file):
    """The file says where an image is unlike all digits, how good it is and how it was trained."""
    metadata = onnxruntime.InferenceSession(onnx_file).get_modelmeta().custom_metadata_map
    learned = ood.load(finished.folder / "models/prototypes.npz")
    assert float(metadata["distance_threshold"]) == learned["threshold"]
    assert float(metadata["accuracy"]) == json.loads(finished.read("metrics.json"))["accuracy"]
    settings = json.loads(metadata["params"])
    assert set(settings) == {"network", "augment", "train", "evaluate"}
    assert settings["train"]["epochs"] == 3


EXPORT = """
import hashlib
from pathlib import Path
import numpy as np
from digits.network import onnx_export
from digits.network.model import build
from digits.params import read_params

network = read_params().network.model_copy(update={"filters": (2, 2, 2)})
prototypes = np.eye(32, dtype=np.float16)
for shifts in (0, 1):
    complete = onnx_export.complete(
        build(network, image_size=(28, 28), seed=0), prototypes, shifts=shifts
    )
    onnx_export.save(complete, "it.onnx", {"b": "1", "a": "2"})
    print(hashlib.sha256(Path("it.onnx").read_bytes()).hexdigest())
"""


@pytest.mark.slow
def test_same_onnx_bytes_whatever_the_order_of_sets(tmp_path):
    """tf2onnx iterates over sets, whose order the hash seed of Python changes."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    found = set()
    for seed in ("1", "2", "6"):
        variables = {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", EXPORT]
        environment = os.environ | variables
        found.add(subprocess.check_output(command, cwd=tmp_path, env=environment))
    assert len(found) == 1


def test_same_onnx_bytes(project, monkeypatch):
    """The stage writes the same bytes in another process and another folder."""
    before = project.read("models/mnist.onnx")
    (project.folder / "models/mnist.onnx").unlink()
    monkeypatch.chdir(project.folder)
    stages.export.main()
    assert project.read("models/mnist.onnx") == before


def test_other_onnx_is_not_written(project, monkeypatch):
    """If the file does not predict as Keras does, the stage fails and the last file stays."""
    before = project.read("models/mnist.onnx")
    save = onnx_export.save

    def changed(network, *others):
        (kernel,) = network.get_layer("prototypes").get_weights()
        network.get_layer("prototypes").set_weights([kernel / 2])
        save(network, *others)

    monkeypatch.setattr(onnx_export, "save", changed)
    monkeypatch.chdir(project.folder)
    with pytest.raises(UserError, match=r"^models/mnist\.onnx: not written: a distance differs by"):
        stages.export.main()
    assert project.read("models/mnist.onnx") == before
    assert not list((project.folder / "models").glob(".partial*"))


def test_model_card(finished):
    """The Python in the model card predicts with two packages."""
    card = (ROOT / "models/README.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```", card, re.S | re.M)
    program += (
        "import sys\nprint(probabilities.shape, distance.shape)\n"
        "print({'tensorflow', 'keras', 'digits', 'onnx'} & set(sys.modules))"
    )
    printed = finished.run(sys.executable, "-c", program)
    assert printed == "(5, 10) (5,)\nset()\n"


def test_images_of_another_size(onnx_file):
    """Images of a size that the network was not trained on are an error that names both sizes."""
    with pytest.raises(UserError, match=r"\[28, 28, 1\], not \[20, 28, 1\]; run dvc repro"):
        Recognizer(onnx_file).predict(np.zeros((1, 20, 28), np.uint8))


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
    monkeypatch.setattr(export, "PACKAGE", "a_package_of_no_one")
    with pytest.raises(UserError, match="a_package_of_no_one is not installed; make export"):
        export.export(tmp_path)
    assert not list(tmp_path.iterdir())
