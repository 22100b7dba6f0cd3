"""Random affine warps: rotation, shift, zoom and shear in one interpolation per image."""

import math

import keras
import tensorflow as tf

NUMBERS = 5  # random numbers that one warp takes: rotation, shift x, shift y, zoom, shear


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
