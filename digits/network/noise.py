"""Noise: what paper, pens, cameras and transmission add to a digit."""

import math

import tensorflow as tf

from digits.network.background import dilated

BINOMIAL = [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16]


def add_noise(images, draw):
    """Apply each of :data:`KINDS` to its fraction of the images, chosen at random.

    Args:
        images: float32 (height, width, n) in [0, 1].
        draw: a function from a name and a number of columns to random numbers, float32
            (columns, n) in [0, 1).

    Returns:
        The images, with the same shape, type and range.
    """
    height, width = images.shape[:2]
    for change, (fraction, per_image, per_pixel) in KINDS.items():
        choice, *numbers = tf.split(
            draw(change.__name__, 1 + per_image + per_pixel * height * width),
            [1] * (1 + per_image) + [height * width] * per_pixel,
        )
        numbers[per_image:] = [tf.reshape(field, tf.shape(images)) for field in numbers[per_image:]]
        images = tf.where(choice < fraction, change(images, *numbers), images)
    return images


def outline(images):
    """Leave only the outlines of strokes: the dilation minus the erosion by 3 x 3 pixels."""
    return dilated(images[tf.newaxis], 3)[0] + dilated(-images[tf.newaxis], 3)[0]


def stroke(images, angle, offset, width, bright, bent, bend, period, phase, dashed, dash, filled):
    """Draw a stroke at any angle: straight or zigzag, whole or dashed. Numbers are in [0, 1)."""
    height, length = images.shape[:2]
    rows = tf.range(height, dtype=tf.float32)[:, tf.newaxis, tf.newaxis] - (height - 1) / 2
    columns = tf.range(length, dtype=tf.float32)[:, tf.newaxis] - (length - 1) / 2
    cosine, sine = tf.cos(math.pi * angle), tf.sin(math.pi * angle)
    along = columns * cosine + rows * sine
    across = rows * cosine - columns * sine - between(-12, 12, offset)  # pixels from the stroke
    amplitude = tf.where(bent < 0.5, between(0, 3, bend), 0.0)
    triangle = 4 * tf.abs(fraction_of(along / between(4, 10, period) + phase) - 0.5) - 1
    half_width = between(0.6, 1.6, width)
    ink = tf.clip_by_value(half_width + 0.5 - tf.abs(across - amplitude * triangle), 0, 1)
    share = tf.where(dashed < 0.5, between(0.3, 0.8, filled), 1.0)
    is_dash = fraction_of(along / between(3, 8, dash) + phase) < share
    ink = tf.where(is_dash, ink * between(0.4, 1, bright), 0.0)
    return tf.minimum(images + ink, 1)


def blur(images, strength):
    """Move the values towards those of the image smoothed by a binomial filter of 5 x 5 pixels."""
    height, width = images.shape[:2]
    padded = tf.pad(images, [[2, 2], [2, 2], [0, 0]])
    lines = sum(weight * padded[row : row + height] for row, weight in enumerate(BINOMIAL))
    smooth = sum(weight * lines[:, at : at + width] for at, weight in enumerate(BINOMIAL))
    return images + strength * (smooth - images)


def gaussian_noise(images, deviation, uniform):
    """Add Gaussian noise with a standard deviation up to 0.3."""
    # Two uniform numbers make two normal ones (Box and Muller, 1958).
    half = (images.shape[0] + 1) // 2
    radius, angle = tf.sqrt(-2 * tf.math.log1p(-uniform[:half])), 2 * math.pi * uniform[-half:]
    normal = tf.concat([radius * tf.cos(angle), radius * tf.sin(angle)], 0)[: images.shape[0]]
    return tf.clip_by_value(images + between(0, 0.3, deviation) * normal, 0, 1)


def impulse_noise(images, rate, uniform):
    """Make up to 20% of the pixels black or white, half of them each."""
    rate = between(0, 0.2, rate)
    return tf.where(uniform < rate / 2, 0.0, tf.where(uniform < rate, 1.0, images))


def between(low, high, number):
    """Map a number in [0, 1) to [low, high)."""
    return low + (high - low) * number


def fraction_of(values):
    """Return the fractional parts."""
    return values - tf.floor(values)


# Fraction of the noisy images, and random numbers per image and per pixel; in the order in which
# they are applied.
KINDS = {
    outline: (0.2, 0, 0),
    stroke: (0.2, 11, 0),
    blur: (0.2, 1, 0),
    gaussian_noise: (0.5, 1, 1),
    impulse_noise: (0.4, 1, 1),
}
