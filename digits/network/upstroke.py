"""Upstrokes: many people begin a 1 with a stroke from below; MNIST's writers hardly ever do."""

import math

import tensorflow as tf

INK = 0.5  # pixels brighter than this are ink
MIN_PIXELS = 10  # of ink
MIN_HEIGHT = 12  # pixels; a lower 1 lies nearly flat


def add_upstrokes(images, draw):
    """Draw an upstroke on each image of a 1: from the top of the stroke down to the left.

    Args:
        images: float32 (height, width, n) in [0, 1].
        draw: a function from a name and a number of columns to random numbers, float32
            (columns, n) in [0, 1).

    Returns:
        The images, with the same shape and type. One with little ink, or that is lower than 12
        pixels, is not changed.
    """
    slope, long, wide = tf.unstack(draw("upstroke", 3))
    ink = tf.cast(images > INK, tf.float32)
    rows = tf.range(images.shape[0], dtype=tf.float32)[:, tf.newaxis, tf.newaxis]
    columns = tf.range(images.shape[1], dtype=tf.float32)[:, tf.newaxis]
    top, bottom = ends(rows, ink)
    left, right = ends(columns, ink)
    height = bottom - top + 1

    tip = ink * tf.cast(rows <= top + 1, tf.float32)
    start_x = tf.reduce_sum(tip * columns, [0, 1]) / tf.maximum(tf.reduce_sum(tip, [0, 1]), 1)
    start_y = top + 0.5
    angle = math.pi / 180 * (28 + (65 - 28) * slope)  # below the horizontal
    length = (0.2 + (0.55 - 0.2) * long) * height
    # As wide as the stroke: its ink over its length.
    width = tf.reduce_sum(images, [0, 1]) / tf.sqrt(height**2 + (right - left) ** 2)
    width = tf.clip_by_value(width * (0.7 + (1 - 0.7) * wide), 1.6, 4)

    x, y = columns - start_x, rows - start_y
    along = tf.clip_by_value(tf.sin(angle) * y - tf.cos(angle) * x, 0, length)
    distance = tf.sqrt((x + tf.cos(angle) * along) ** 2 + (y - tf.sin(angle) * along) ** 2)
    drawn = tf.clip_by_value(width / 2 + 0.5 - distance, 0, 1)
    is_tall = (tf.reduce_sum(ink, [0, 1]) >= MIN_PIXELS) & (height >= MIN_HEIGHT)
    return tf.where(is_tall, tf.maximum(images, drawn), images)


def ends(positions, ink):
    """Return the first and the last of the positions that have ink, float32 (n,) each."""
    first = tf.reduce_min(tf.where(ink > 0, positions, math.inf), [0, 1])
    last = tf.reduce_max(tf.where(ink > 0, positions, -math.inf), [0, 1])
    return first, last
