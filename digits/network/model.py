"""The network: three convolutions with pooling, a dense layer, dropout, softmax."""

import json
import zipfile

import keras
import numpy as np

from digits.dataset.arrays import CLASSES
from digits.errors import UserError

BLOCK = 5000  # images turned to floats at a time, whole batches of them
EARLIEST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def build(network, *, image_size, seed, dtype="float32"):
    """Build the network, untrained.

    Args:
        network: a :class:`digits.params.Network`: filters, kernel sizes and dropout.
        image_size: height and width of the images, in pixels.
        seed: seed of the initial weights and of dropout.
        dtype: Keras dtype policy to compute in; the weights are float32 under each of them.

    Returns:
        A ``keras.Model`` from float32 (n, height, width, 1) in [0, 1] to the probabilities of
        the ten digits, float32 (n, 10).
    """
    # One seed per layer: with the same seed, layers of one shape would start equal.
    seeds = iter(range(seed * 100, seed * 100 + 100))

    def relu():
        initializer = keras.initializers.HeNormal(seed=next(seeds))
        return {"activation": "relu", "kernel_initializer": initializer, "dtype": dtype}

    layers = [keras.Input((*image_size, 1), name="image")]
    sizes = zip(network.filters, network.kernel_sizes, strict=True)
    for number, (count, side) in enumerate(sizes, start=1):
        name = f"convolution_{number}"
        layers += [
            keras.layers.Conv2D(count, side, padding="same", name=name, **relu()),
            # 'same' rounds up: 28, 14, 7, 4. With 'valid', 3 x 3 would be too small a map.
            keras.layers.MaxPooling2D(padding="same", dtype=dtype, name=f"pooling_{number}"),
        ]
    layers += [
        keras.layers.Flatten(dtype=dtype, name="flatten"),
        keras.layers.Dense(128, name="dense", **relu()),
        keras.layers.Dropout(network.dropout, seed=next(seeds), dtype=dtype, name="dropout"),
        # The probabilities are float32 whatever the rest computes in: bfloat16 has three digits.
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
    """Turn uint8 (n, height, width) into what the network takes: float32 (..., 1) in [0, 1]."""
    return images[..., np.newaxis].astype(np.float32) / np.float32(255)


def save(model, path):
    """Write the model as ``.keras``, with nothing in it that depends on when it was written.

    Keras puts the time of saving into ``metadata.json`` and into the dates of the zip's entries;
    both are set to a fixed date, so that two saves of one model have the same bytes.

    Args:
        model: a ``keras.Model``.
        path: a ``pathlib.Path`` that ends in ``.keras``.
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
    """Read a model that :func:`save` wrote; nothing in the file is executed (safe mode).

    Raises:
        UserError: there is no such file, or it is no such model.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; dvc repro train writes it")
    if not zipfile.is_zipfile(path):
        raise UserError(f"{path}: damaged: not a whole .keras file; dvc repro trains it anew")
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras, zipfile and h5py raise a dozen types for broken files
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"{path}: not a model that Keras can load ({reason})") from error
    if model.output_shape != (None, CLASSES):
        raise UserError(
            f"{path}: a model with outputs {model.output_shape}; must be (None, {CLASSES})"
        )
    return model


def predict(model, images, *, shifts=0, batch_size=1000):
    """Give the probabilities of the ten digits.

    Args:
        model: as :func:`build` makes it.
        images: uint8 (n, height, width).
        shifts: pixels; the mean is taken over the images as they are and shifted by so many up,
            down, left and right. 0: only as they are.
        batch_size: images at a time.

    Returns:
        float64 (n, 10); each row sums to 1, which float32 cannot do exactly.

    Raises:
        UserError: the model takes images of another size.
    """
    if model.input_shape != (None, *images.shape[1:], 1):
        raise UserError(
            f"the model takes images of shape {model.input_shape[1:]}, not"
            f" {(*images.shape[1:], 1)}; dvc repro trains one that fits"
        )

    def over_looks(block):
        outputs = sum(
            model.predict(as_input(look), batch_size=batch_size, verbose=0).astype(np.float64)
            for look in shifted(block, shifts)
        )
        return outputs / outputs.sum(axis=1, keepdims=True)

    return by_blocks(over_looks, images)


def by_blocks(function, rows):
    """Call a function on a block of rows at a time, so that only of these more is held.

    Args:
        function: of an array (b, ...); it gives an array with a row for each of the b.
        rows: array (n, ...), which may be mapped into memory.

    Returns:
        An array with the n rows that the function has given.
    """
    first = function(rows[:BLOCK])
    results = np.empty((len(rows), *first.shape[1:]), first.dtype)
    results[:BLOCK] = first
    for start in range(BLOCK, len(rows), BLOCK):
        results[start : start + BLOCK] = function(rows[start : start + BLOCK])
    return results


def shifted(images, pixels):
    """List the images as they are and, unless ``pixels`` is 0, shifted up, down, left and right.

    What comes in from outside is 0.
    """
    if pixels == 0:
        return [images]
    height, width = images.shape[1:]
    padded = np.pad(images, ((0, 0), (pixels, pixels), (pixels, pixels)))
    corners = np.array([(1, 1), (2, 1), (0, 1), (1, 2), (1, 0)]) * pixels
    return [padded[:, top : top + height, left : left + width] for top, left in corners]
