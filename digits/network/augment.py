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
    """Apply every kind of augmentation, which is a random affine warp.

    Each kind draws its random numbers by its own name, so that a kind which is added, removed or
    switched off leaves the numbers of the others as they are.

    Args:
        images: float32 (n, height, width, 1) in [0, 1].
        labels: float32 (n, classes), one-hot.
        augment: a :class:`digits.params.Augment`, how far each kind goes at most; 0 means off.
        draw: a function from a name and a number of columns to float32 (n, columns) in [-1, 1).

    Returns:
        The images and the labels, changed, with the same shapes and types.
    """
    # The warp's name is the empty text, whose CRC-32 is 0: seeds are as before there were names.
    return warp(images, draw("", NUMBERS), augment), labels


def examples(images, *, copies, seed, augment):
    """Augment each image several times, to look at.

    Args:
        images: uint8 (n, height, width).
        copies: augmented copies of each.
        seed: a whole number from 0.
        augment: a :class:`digits.params.Augment`.

    Returns:
        float32 (n, 1 + copies, height, width) in [0, 1]: each image as it is, then its copies.
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
    """Compose one affine map per image, from output pixels to input pixels, about the centre.

    Args:
        numbers: float32 (n, 5) in [-1, 1): how far to go within each range, in the order
            rotation, shift x, shift y, zoom, shear.
        augment: a :class:`digits.params.Augment`, the ranges: how far at most, either way, in
            degrees, pixels, relative scale, and pixels of horizontal shear per pixel.
        size: height and width of the images, in pixels.

    Returns:
        float32 (n, 8): the rows (a0, a1, a2, b0, b1, b2, c0, c1) that
        ``keras.ops.image.affine_transform`` takes: the output pixel (x, y) is read at the input
        position (a0 x + a1 y + a2, b0 x + b1 y + b2).
    """
    angle = numbers[:, 0] * math.radians(augment.rotation)
    shift_x, shift_y = numbers[:, 1] * augment.shift, numbers[:, 2] * augment.shift
    scale = 1.0 / (1.0 + numbers[:, 3] * augment.zoom)
    slant = numbers[:, 4] * augment.shear
    cosine, sine = tf.cos(angle) * scale, tf.sin(angle) * scale
    # Rotation times shear, row by row.
    a0, a1 = cosine, slant * cosine - sine
    b0, b1 = sine, slant * sine + cosine
    # The centre moves by the shift and by nothing else.
    centre_y, centre_x = (size[0] - 1) / 2, (size[1] - 1) / 2
    a2 = centre_x - a0 * (centre_x + shift_x) - a1 * (centre_y + shift_y)
    b2 = centre_y - b0 * (centre_x + shift_x) - b1 * (centre_y + shift_y)
    nought = tf.zeros_like(a0)
    return tf.stack([a0, a1, a2, b0, b1, b2, nought, nought], axis=1)


def warp(images, numbers, augment):
    """Warp each image by its own random numbers; what comes from outside the image is 0.

    Args:
        images: float32 (n, height, width, 1).
        numbers: float32 (n, 5) in [-1, 1), as in :func:`warp_matrices`.
        augment: the ranges, as there.

    Returns:
        float32 (n, height, width, 1), bilinear, in the range of the input.
    """
    matrices = warp_matrices(numbers, augment, size=images.shape[1:3])
    return keras.ops.image.affine_transform(
        images, matrices, interpolation="bilinear", fill_mode="constant", fill_value=0.0
    )
