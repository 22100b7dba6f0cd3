"""Augmentation: random changes of the training images."""

from zlib import crc32

import numpy as np
import tensorflow as tf

from digits.network.background import as_channels, remove_background
from digits.network.model import as_input, one_hot
from digits.network.noise import add_noise
from digits.network.upstroke import add_upstrokes
from digits.network.warp import NUMBERS, warp


def augment_batch(images, labels, augment, draw):
    """Apply every kind of augmentation: upstrokes on ones, a warp of each image, noise in some.

    Each kind draws its random numbers by its own name, so a kind that is added, removed or switched
    off does not change the numbers of the others.

    Args:
        images: float32 (n, height, width, 1) in [0, 1].
        labels: float32 (n, classes), one-hot.
        augment: a :class:`digits.params.Augment`, the strength of each kind; 0 means off.
        draw: a function from a name, a number of columns and a number of rows, at most n, to
            random numbers, float32 (rows, columns) in [-1, 1).

    Returns:
        The changed images and labels, with the same shapes and types.
    """
    count = tf.shape(images)[0]

    def chosen(name, fraction):
        return draw(name, 1, count)[:, 0] < 2 * fraction - 1

    if augment.upstroke > 0:
        is_chosen = (labels[:, 1] == 1) & chosen("upstroke?", augment.upstroke)
        images = change_some(images, is_chosen, add_upstrokes, draw)
    # The name of the warp is empty, with CRC-32 0, so seeds give the same numbers as without names.
    images = warp(images, draw("", NUMBERS, count), augment)
    if augment.noisy > 0:
        images = change_some(images, chosen("noisy?", augment.noisy), add_noise, draw)
    return images, labels


def change_some(images, is_chosen, change, draw):
    """Apply a change to some images; nothing but random numbers is computed for the others.

    ``change`` takes images as float32 (height, width, m) in [0, 1] and a function from a name and a
    number of columns to random numbers, float32 (columns, m) in [0, 1). It returns the images.
    """
    positions = tf.where(is_chosen)

    def draw_some(name, columns):
        return tf.transpose(draw(name, columns, tf.shape(positions)[0]) + 1) / 2

    some = change(as_channels(tf.gather_nd(images, positions))[0], draw_some)
    return tf.tensor_scatter_nd_update(images, positions, as_channels(some[tf.newaxis]))


def examples(images, labels, *, copies, seed, augment, background):
    """Augment each image, uint8 (n, height, width), several times for a figure.

    What training does to few images is done here to half of the copies (noise) and to all
    (upstrokes), unless it is off.

    Returns float32 (n, 1 + copies, height, width) in [0, 1]: each image, then its copies.
    """
    repeated = np.repeat(as_input(images), copies, axis=0)
    one_hots = np.repeat(one_hot(labels), copies, axis=0)

    def draw(name, columns, rows):
        random = np.random.default_rng([seed, crc32(name.encode())])
        return random.uniform(-1, 1, (int(rows), columns)).astype(np.float32)

    changes = {"upstroke": float(augment.upstroke > 0), "noisy": 0.0}
    made, _ = augment_batch(repeated, one_hots, augment.model_copy(update=changes), draw)
    if augment.noisy > 0:
        is_noisy = np.arange(len(made)) % copies >= copies // 2
        made = change_some(made, is_noisy, add_noise, draw)
    made = np.array(remove_background(made, background))
    shown = made.reshape(len(images), copies, *images.shape[1:])
    return np.concatenate([as_input(images)[:, np.newaxis, ..., 0], shown], axis=1)
