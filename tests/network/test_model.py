"""Tests of building, saving, loading and using the network."""

import time

import keras
import numpy as np
import pytest

from digits.errors import UserError
from digits.network import model
from tests.project import PARAMS
from tests.synthetic import draw_digits


def build(**changes):
    """Build a tiny network, with changes to its sizes, seed or type."""
    sizes = {"filters": (3, 4, 4), "kernel_sizes": (5, 3, 3), "dropout": 0.25}
    others = {"image_size": (28, 28), "seed": 0}
    for name, value in changes.items():
        (sizes if name in sizes else others)[name] = value
    return model.build(PARAMS.network.model_copy(update=sizes), **others)


def same_weights(first, second):
    """Return whether two networks have equal weights."""
    pairs = zip(first.get_weights(), second.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.fixture(scope="module")
def built():
    """Build one network for all tests that only use it: TensorFlow compiles it once."""
    return build()


def error_of(call, *arguments):
    """Call a function that must raise a UserError; return the message."""
    with pytest.raises(UserError) as error:
        call(*arguments)
    return str(error.value)


def test_layers(built):
    """The layers have the specified kinds, order and sizes."""
    kinds = [type(layer).__name__ for layer in built.layers]
    after = ["Flatten", "Dense", "Dropout", "Dense"]
    assert kinds == ["Functional", *["Conv2D", "MaxPooling2D"] * 3, *after]
    assert built.layers[0].name == "background"
    convolutions = built.layers[1:7:2]
    assert [layer.filters for layer in convolutions] == [3, 4, 4]
    assert [layer.kernel_size for layer in convolutions] == [(5, 5), (3, 3), (3, 3)]
    assert built.layers[9].rate == 0.25
    assert built.input_shape == (None, 28, 28, 1)
    assert built.output_shape == (None, 10)


def test_pooling_rounds_up(built):
    """28 pixels become 14, 7 and 4; no row or column is dropped."""
    assert [layer.output.shape[1:] for layer in built.layers[2:7:2]] == [
        (14, 14, 3),
        (7, 7, 4),
        (4, 4, 4),
    ]


def test_seed_fixes_the_weights():
    """The same seed gives the same initial weights; another seed gives others."""
    assert same_weights(build(seed=1), build(seed=1))
    assert not same_weights(build(seed=1), build(seed=2))


def test_layers_of_equal_shape_start_differently():
    """The second and third convolution have different initial weights."""
    second, third = (build(filters=(4, 4, 4)).layers[n].get_weights()[0] for n in (3, 5))
    assert second.shape == third.shape
    assert not np.array_equal(second, third)


def test_mixed_precision_keeps_weights_and_probabilities_in_float32():
    """Layers compute in bfloat16, but weights and probabilities are float32."""
    built = build(dtype="mixed_bfloat16")
    assert {layer.compute_dtype for layer in built.layers[1:-1]} == {"bfloat16"}
    assert {weight.dtype for weight in built.weights} == {"float32"}
    assert built.layers[-1].output.dtype == "float32"


def test_input_is_scaled():
    """uint8 images become float32 from 0 to 1 with a channel axis."""
    images = np.array([[[0, 51, 255]]], np.uint8)
    scaled = model.as_input(images)
    assert (scaled.shape, scaled.dtype) == ((1, 1, 3, 1), np.float32)
    np.testing.assert_allclose(scaled[0, 0, :, 0], [0, 0.2, 1], atol=1e-7)


def test_one_hot_has_a_one_at_the_label():
    """Each row is 1 at its label and 0 elsewhere."""
    rows = model.one_hot(np.array([9, 0], np.uint8))
    assert rows.dtype == np.float32
    assert rows.tolist() == [[0] * 9 + [1], [1] + [0] * 9]


def test_predictions_are_probabilities(built, monkeypatch):
    """Each row has ten non-negative numbers that sum to 1, whatever the batch size."""
    images, _ = draw_digits(7, seed=0)
    probabilities = model.predict(built, images)
    assert (probabilities.shape, probabilities.dtype) == ((7, 10), np.float64)
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-15)
    monkeypatch.setattr(model, "BATCH_SIZE", 3)
    np.testing.assert_allclose(model.predict(built, images), probabilities, atol=1e-6)


def test_shifts_move_by_whole_pixels():
    """The views are original, up, down, left, right; pixels that enter the image are 0."""
    image = np.arange(1, 10, dtype=np.uint8).reshape(1, 3, 3)
    assert [view[0].tolist() for view in model.shifted(image, 1)] == [
        [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
        [[4, 5, 6], [7, 8, 9], [0, 0, 0]],
        [[0, 0, 0], [1, 2, 3], [4, 5, 6]],
        [[2, 3, 0], [5, 6, 0], [8, 9, 0]],
        [[0, 1, 2], [0, 4, 5], [0, 7, 8]],
    ]


@pytest.mark.parametrize("shifts", [1, 2])
def test_prediction_is_the_mean_over_the_shifts(built, shifts):
    """A prediction with shifts is the mean of the predictions for each view."""
    images, _ = draw_digits(7, seed=0)
    expected = np.mean([model.predict(built, view) for view in model.shifted(images, shifts)], 0)
    found = model.predict(built, images, shifts=shifts)
    np.testing.assert_allclose(found, expected, atol=1e-7)
    assert not np.allclose(found, model.predict(built, images), atol=1e-7)


def test_same_model_has_the_same_bytes_later(tmp_path):
    """The time of saving is in neither the metadata nor the dates of the zip's entries."""
    first, second = tmp_path / "first.keras", tmp_path / "second.keras"
    model.save(build(), first)
    time.sleep(2.1)  # dates in a zip have a resolution of two seconds
    model.save(build(), second)
    assert first.read_bytes() == second.read_bytes()


def test_loaded_model_predicts_the_same(tmp_path, built):
    """A loaded model has the same weights and predictions."""
    images, _ = draw_digits(5, seed=0)
    model.save(built, tmp_path / "model.keras")
    loaded = model.load(tmp_path / "model.keras")
    assert same_weights(built, loaded)
    np.testing.assert_allclose(
        model.predict(loaded, images), model.predict(built, images), atol=1e-6
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory, built):
    """Return the bytes of a saved model."""
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    model.save(built, path)
    return path.read_bytes()


def test_missing_file_names_the_stage_that_writes_it(tmp_path):
    """The error names the file and the command that writes it."""
    text = error_of(model.load, tmp_path / "model.keras")
    assert text.startswith(f"{tmp_path}/model.keras: no such file")
    assert "dvc repro train" in text


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"not a model",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: content.replace(b"Conv2D", b"Conv9D"),
        # In the middle of the weights, where the zip's checksum detects it.
        lambda content: content[:30000] + b"\xff\0\xff\0" + content[30004:],
    ],
    ids=["empty", "text", "half", "last byte missing", "unknown layer", "flipped weights"],
)
def test_damaged_model_is_rejected(tmp_path, saved, damage):
    """Every kind of damage is a one-line error that names the file."""
    path = tmp_path / "model.keras"
    path.write_bytes(damage(saved))
    text = error_of(model.load, path)
    assert text.startswith((f"{path}: not a model", f"{path}: damaged"))
    assert "\n" not in text


def other_model(outputs, layer=None):
    """Build a network of another architecture."""
    image = keras.Input((28, 28, 1))
    flat = keras.layers.Flatten()(layer(image) if layer else image)
    return keras.Model(image, [keras.layers.Dense(size)(flat) for size in outputs])


@pytest.mark.parametrize("outputs", [[5], [10, 10]], ids=["five classes", "two outputs"])
def test_model_with_other_outputs_is_rejected(tmp_path, outputs):
    """A model without ten probabilities as its output is a one-line error."""
    path = tmp_path / "model.keras"
    other_model(outputs).save(path)
    text = error_of(model.load, path)
    assert text.startswith(f"{path}: ")
    assert "(None, 10)" in text
    assert "\n" not in text


def test_code_in_the_file_is_not_run(tmp_path):
    """A model that contains Python code is rejected."""
    path = tmp_path / "model.keras"
    other_model([10], layer=keras.layers.Lambda(lambda image: image)).save(path)
    assert error_of(model.load, path).startswith(f"{path}: not a model that Keras can load (")


@pytest.mark.parametrize(
    "shape", [(14, 14, 1), (28, 28, 3), (784,)], ids=["small", "colour", "flat"]
)
def test_images_of_another_shape_are_rejected(shape):
    """If the model was built for another shape, the error names the shape of the images."""
    image = keras.Input(shape)
    other = keras.Model(image, keras.layers.Dense(10)(keras.layers.Flatten()(image)))
    text = error_of(model.predict, other, np.zeros((2, 28, 28), np.uint8))
    assert "not (28, 28, 1)" in text
    assert "\n" not in text
