"""Removal of the background: of all that is wider than a stroke.

The white top-hat of an image is the image minus its opening, here by a square. What is narrower
than the square stays; what is wider, such as grey paper, a gradient or a broad stripe, is removed
(Serra, 1982, "Image analysis and mathematical morphology").
"""

import keras
import numpy as np

MIN_MAXIMUM = 0.05  # what is darker is noise and is not made as bright as ink


def remove_background(images, side):
    """Subtract the opening of each image by a square, then scale it so that its maximum is 1.

    It consists of operations of Keras, so it also makes the first layers of a network.

    Args:
        images: float32 (n, height, width, channels) in [0, 1], or a ``keras.KerasTensor``. Each
            channel is an image of its own.
        side: of the square in pixels, odd; 0 changes nothing.

    Returns:
        The images, with the same shape and type.
    """
    if side == 0:
        return images
    ink = white_top_hat(images, side)
    # The minimum is 0: an opening keeps the darkest pixel.
    brightest = keras.ops.max(ink, axis=(1, 2), keepdims=True)
    return ink / keras.ops.maximum(brightest, MIN_MAXIMUM)


def white_top_hat(images, side):
    """Subtract the opening of each image by a square; otherwise as :func:`remove_background`."""
    return images - dilated(-dilated(-images, side), side)


def dilated(images, side):
    """Replace each pixel by the maximum of the square around it."""
    for window in ((1, side), (side, 1)):  # in two steps, because the square is separable
        images = keras.ops.max_pool(images, window, strides=1, padding="same")
    return images


def as_channels(images):
    """Turn images (n, height, width, 1) into the channels of one, (1, height, width, n), or back.

    TensorFlow pools many channels five times as fast as many images.
    """
    return keras.ops.transpose(images, (3, 1, 2, 0))


def changed_fraction(images, side):
    """Return the fraction of the images, uint8 (n, height, width), that have any background."""
    if side == 0:
        return 0.0
    count = 0
    for start in range(0, len(images), 1024):
        block = images[start : start + 1024].astype(np.float32)
        pixels = np.moveaxis(block, 0, -1)[np.newaxis]
        ink = keras.ops.convert_to_numpy(white_top_hat(pixels, side))
        count += (ink != pixels).any(axis=(0, 1, 2)).sum()
    return count / len(images)
