"""Augmentation: random changes of the training images."""

import math
from zlib import crc32

import keras
import numpy as np
import tensorflow as tf

from digits.dataset.arrays import CLASSES
from digits.network.model import as_input

NUMBERS = 5  # random numbers that one warp takes: rotation, shift x, shift y, zoom, shear


def augment_batch(images, labels, augment, draw):
    """Apply every kind of augmentation; so far there is one, a random affine warp.

    Each kind draws its random numbers by its own name, so a kind that is added, removed or switched
    off does not change the numbers of the others.

    Args:
        images: float32 (n, height, width, 1) in [0, 1].
        labels: float32 (n, classes), one-hot.
        augment: a :class:`digits.params.Augment`, the strength of each kind; 0 means off.
        draw: a function from a name and a number of columns to float32 (n, columns) in [-1, 1).

    Returns:
        The changed images and labels, with the same shapes and types.
    """
    # The name of the warp is empty, with CRC-32 0, so seeds give the same numbers as without names.
    return warp(images, draw("", NUMBERS), augment), labels


def examples(images, *, copies, seed, augment):
    """Augment each image, uint8 (n, height, width), several times for a figure.

    Returns float32 (n, 1 + copies, height, width) in [0, 1]: each image, then its copies.
    """
    originals = as_input(images)
    repeated = np.repeat(originals, 1 + copies, axis=0)

    def draw(name, columns):
        random = np.random.default_rng([seed, crc32(name.encode())])
        return random.uniform(-1, 1, (len(repeated), columns)).astype(np.float32)

    augmented, _ = augment_batch(repeated, np.zeros((len(repeated), CLASSES)), augment, draw)
    shown = np.array(augmented).reshape(len(images), 1 + copies, *images.shape[1:])
    shown[:, 0] = originals[..., 0]
    return shown


def warp_matrices(numbers, augment, *, size):
    """Compose one affine map per image, from output to input pixels, about the centre.

    Args:
        numbers: float32 (n, 5) in [-1, 1), fractions of the ranges of rotation, shift x, shift y,
            zoom and shear.
        augment: a :class:`digits.params.Augment`, the ranges.
        size: height and width of the images, in pixels.

    Returns:
        float32 (n, 8), rows for ``keras.ops.image.affine_transform``: (a0, a1, a2, b0, b1, b2, 0,
        0) reads the output pixel (x, y) at the input (a0 x + a1 y + a2, b0 x + b1 y + b2).
    """
    angle = numbers[:, 0] * math.radians(augment.rotation)
    shift_x, shift_y = numbers[:, 1] * augment.shift, numbers[:, 2] * augment.shift
    scale = 1.0 / (1.0 + numbers[:, 3] * augment.zoom)
    slant = numbers[:, 4] * augment.shear
    cosine, sine = tf.cos(angle) * scale, tf.sin(angle) * scale
    # Rotation times shear, row by row.
    a0, a1 = cosine, slant * cosine - sine
    b0, b1 = sine, slant * sine + cosine
    # The centre moves by the shift alone.
    centre_y, centre_x = (size[0] - 1) / 2, (size[1] - 1) / 2
    a2 = centre_x - a0 * (centre_x + shift_x) - a1 * (centre_y + shift_y)
    b2 = centre_y - b0 * (centre_x + shift_x) - b1 * (centre_y + shift_y)
    zero = tf.zeros_like(a0)
    return tf.stack([a0, a1, a2, b0, b1, b2, zero, zero], axis=1)


def warp(images, numbers, augment):
    """Warp images, float32 (n, height, width, 1), by ``numbers`` as in :func:`warp_matrices`.

    Interpolation is bilinear; pixels from outside the image are 0.
    """
    matrices = warp_matrices(numbers, augment, size=images.shape[1:3])
    return keras.ops.image.affine_transform(
        images, matrices, interpolation="bilinear", fill_mode="constant", fill_value=0.0
    )
