"""Small synthetic data instead of MNIST: printed digits, reproducible from a seed."""

import functools
import hashlib
import struct

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from digits.dataset.idx import FILES

SIDE = 28  # pixels, as MNIST's


def draw_digits(count, seed):
    """Draw printed digits, each slightly shifted, resized and rotated.

    Returns images, uint8 (count, 28, 28), white on black, and balanced labels, uint8 (count,).
    """
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(count, dtype=np.uint8) % 10)
    return np.stack([_draw(label, random) for label in labels]), labels


def _draw(digit, random):
    image = Image.new("L", (SIDE, SIDE))
    centre = (SIDE - 1) / 2 + random.uniform(-1.5, 1.5, 2)
    font = _font(int(random.integers(18, 23)))
    ImageDraw.Draw(image).text(tuple(centre), str(digit), fill=255, font=font, anchor="mm")
    return np.asarray(image.rotate(random.uniform(-8, 8), Image.Resampling.BILINEAR))


@functools.cache
def _font(size):
    return ImageFont.load_default(size)


def idx_bytes(array):
    """Encode a uint8 array in the IDX format."""
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()


def write_idx(path, array):
    """Write a uint8 array as an IDX file."""
    path.write_bytes(idx_bytes(array))


def write_raw(folder, train, test, seed):
    """Write four IDX files with MNIST's names: ``train`` training and ``test`` test images.

    Returns the value of ``fetch.files`` in params.yaml: a dict from the key to size and sha256.
    """
    folder.mkdir(parents=True, exist_ok=True)
    identities = {}
    for part, count, own_seed in (("train", train, [seed, 0]), ("test", test, [seed, 1])):
        for kind, array in zip(("images", "labels"), draw_digits(count, own_seed), strict=True):
            key = f"{part}_{kind}"
            write_idx(folder / FILES[key], array)
            content = idx_bytes(array)
            identities[key] = {
                "size": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
    return identities
