"""The random affine warp: rotation, shift, zoom and shear in one."""

import math

import keras
import tensorflow as tf

NUMBERS = 5  # random numbers that one warp takes: rotation, shift x, shift y, zoom, shear


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
