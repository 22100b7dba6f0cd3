"""Small data that the tests make: drawn digits, and files in MNIST's format."""

import hashlib
import struct

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from digits.idx import FILES


def draw_digits(count, seed):
    """Draw digits, light on black, each a little moved, scaled and turned.

    Returns:
        uint8 images (count, 28, 28) and uint8 labels (count,); each digit as often as the next.
    """
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(count) % 10).astype(np.uint8)
    return np.stack([draw_digit(label, random) for label in labels]), labels


def draw_digit(digit, random):
    """Draw one digit, uint8 (28, 28)."""
    image = Image.new("L", (28, 28))
    font = ImageFont.load_default(size=random.integers(20, 25))
    middle = tuple(14 + random.uniform(-2, 2, size=2))
    ImageDraw.Draw(image).text(middle, str(digit), fill=255, font=font, anchor="mm")
    return np.asarray(image.rotate(random.uniform(-10, 10), Image.Resampling.BILINEAR))


def write_idx(path, array):
    """Write a uint8 array in the IDX format."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(header + array.tobytes())


def write_raw(folder, *, train, test, seed):
    """Write the four files of MNIST with that many drawn digits.

    Returns:
        What params.yaml holds under fetch.files: size and SHA-256 of each file.
    """
    folder.mkdir(parents=True)
    train_images, train_labels = draw_digits(train, seed)
    test_images, test_labels = draw_digits(test, seed + 1)
    arrays = {
        "train_images": train_images,
        "train_labels": train_labels,
        "test_images": test_images,
        "test_labels": test_labels,
    }
    identities = {}
    for key, array in arrays.items():
        path = folder / FILES[key]
        write_idx(path, array)
        content = path.read_bytes()
        identities[key] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return identities
