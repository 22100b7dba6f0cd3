"""The network: three convolutions with pooling, a dense layer, dropout, softmax."""

import json
import zipfile

import keras
import numpy as np

from digits.dataset.arrays import CLASSES
from digits.errors import UserError
from digits.network.background import remove_background

BATCH_SIZE = 1000  # images predicted at a time, which limits memory
EARLIEST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def build(network, *, image_size, seed, dtype="float32"):
    """Build the untrained network.

    Args:
        network: a :class:`digits.params.Network`.
        image_size: height and width of the images, in pixels.
        seed: seed of the initial weights and of dropout.
        dtype: Keras dtype policy to compute in; the weights are always float32.

    Returns:
        A ``keras.Model`` from float32 (n, height, width, 1) in [0, 1] to float32 (n, 10), the
        probabilities of the digits.
    """
    # One seed per layer: with a shared seed, layers of equal shape would get equal weights.
    seeds = iter(range(seed * 100, seed * 100 + 100))

    def relu():
        initializer = keras.initializers.HeNormal(seed=next(seeds))
        return {"activation": "relu", "kernel_initializer": initializer, "dtype": dtype}

    layers = [keras.Input((*image_size, 1), name="image")]
    if network.background:
        image = keras.Input((*image_size, 1))
        ink = remove_background(image, network.background)
        layers.append(keras.Model(image, ink, name="background"))
        # The names that Keras gives depend on what else this process has built.
        for number, operation in enumerate(layers[-1].operations):
            operation.name = f"background_{number}"
    sizes = zip(network.filters, network.kernel_sizes, strict=True)
    for number, (count, side) in enumerate(sizes, start=1):
        name = f"convolution_{number}"
        layers += [
            keras.layers.Conv2D(count, side, padding="same", name=name, **relu()),
            # 'same' rounds up: 28, 14, 7, 4 pixels. 'valid' would end at 3, which is too small.
            keras.layers.MaxPooling2D(padding="same", dtype=dtype, name=f"pooling_{number}"),
        ]
    layers += [
        keras.layers.Flatten(dtype=dtype, name="flatten"),
        keras.layers.Dense(128, name="dense", **relu()),
        keras.layers.Dropout(network.dropout, seed=next(seeds), dtype=dtype, name="dropout"),
        # The probabilities are always float32, because bfloat16 has only three digits.
        keras.layers.Dense(
            CLASSES,
            activation="softmax",
            kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
            dtype="float32",
            name="probabilities",
        ),
    ]
    return keras.Sequential(layers, name="digits")


def as_input(images):
    """Convert images, uint8 (n, height, width), to the input, float32 (..., 1) in [0, 1]."""
    return images[..., np.newaxis].astype(np.float32) / np.float32(255)


def one_hot(labels):
    """Convert labels, uint8 (n,), to float32 (n, 10)."""
    return np.eye(CLASSES, dtype=np.float32)[labels]


def save(model, path):
    """Save the model as ``.keras``, with the same bytes whenever it is saved.

    Keras writes the current time to ``metadata.json`` and to the dates of the zip's entries. The
    former is removed and the latter are set to a fixed date.
    """
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in sorted(archive.namelist())}
    metadata = json.loads(members["metadata.json"])
    del metadata["date_saved"]
    members["metadata.json"] = json.dumps(metadata, sort_keys=True).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, EARLIEST_ZIP_DATE), content)


def load(path):
    """Load a model that :func:`save` wrote, without running any code in it (Keras' safe mode).

    Raises UserError if the file is missing or damaged, or if its model does not have ten outputs.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; run dvc repro train to write it")
    if not zipfile.is_zipfile(path):
        raise UserError(
            f"{path}: damaged: not a complete .keras file; run dvc repro train to write it again"
        )
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras, zipfile and h5py raise a dozen types for damaged files
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"{path}: not a model that Keras can load ({reason})") from error
    if model.output_shape != (None, CLASSES):
        raise UserError(
            f"{path}: the output shape of the model is {model.output_shape}, must be (None, 10)"
        )
    return model


def predict(model, images, *, shifts=0):
    """Predict the probabilities of the ten digits for images, uint8 (n, height, width).

    They are averaged over the original image and, unless ``shifts`` is 0, the image shifted by this
    number of pixels up, down, left and right. Returns float64 (n, 10), whose rows sum to 1 in this
    precision. Raises UserError if the model was built for another image size.
    """
    if model.input_shape != (None, *images.shape[1:], 1):
        raise UserError(
            f"the input shape of the model is {model.input_shape[1:]}, not"
            f" {(*images.shape[1:], 1)}; run dvc repro to train one for these images"
        )

    def average_over_shifts(block):
        outputs = sum(
            model.predict_on_batch(as_input(view)).astype(np.float64)
            for view in shifted(block, shifts)
        )
        return outputs / outputs.sum(axis=1, keepdims=True)

    return by_batches(average_over_shifts, images)


def by_batches(function, rows):
    """Apply a function to an array one batch of rows at a time, which saves memory.

    The function maps an array (b, ...), with b at most 1,000, to an array with b rows. Returns its
    results, concatenated. ``rows`` may be memory-mapped.
    """
    first = function(rows[:BATCH_SIZE])
    results = np.empty((len(rows), *first.shape[1:]), first.dtype)
    results[:BATCH_SIZE] = first
    for start in range(BATCH_SIZE, len(rows), BATCH_SIZE):
        results[start : start + BATCH_SIZE] = function(rows[start : start + BATCH_SIZE])
    return results


def shifted(images, pixels):
    """List the images and, unless ``pixels`` is 0, their copies shifted up, down, left and right.

    Pixels that enter the image are 0.
    """
    if pixels == 0:
        return [images]
    padded = np.pad(images, ((0, 0), (pixels, pixels), (pixels, pixels)))
    return [padded[window] for window in windows(*images.shape[1:], pixels)]


def windows(height, width, pixels):
    """List the parts of padded images that :func:`shifted` returns, as indices."""
    corners = np.array([(1, 1), (2, 1), (0, 1), (1, 2), (1, 0)]) * pixels
    return [np.s_[:, top : top + height, left : left + width] for top, left in corners.tolist()]
