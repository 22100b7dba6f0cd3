"""Training batches: each epoch in its own order, each image augmented in its own way.

The arrays of images and labels may be memory-mapped: one block of them is read at a time.
"""

from zlib import crc32

import numpy as np
import tensorflow as tf

from digits.dataset.arrays import CLASSES
from digits.network.augment import augment_batch
from digits.network.model import as_input

BLOCK = (
    1024  # images read and augmented at a time: one costs half of what it does in batches of 128
)
PREFETCHED = 8  # batches made while earlier ones are trained on
AT_ONCE = 4  # random numbers of 32 bits that Philox draws for each value of its counter


def training_batches(images, labels, *, batch_size, epoch, seed, augment):
    """Make the batches of one epoch, again at each iteration.

    The order of the images and the random numbers of their augmentation are functions of the
    seed, the epoch and the position in the epoch alone, so that no epoch needs those before it.
    Only the order is held for a whole epoch: four bytes per image.

    Args:
        images: uint8 (n, height, width).
        labels: uint8 (n,).
        batch_size: images per batch; the last one may be smaller.
        epoch: int64 ``tf.Variable``, the number of the epoch; it is read when an iteration begins.
        seed: a whole number from 0.
        augment: a :class:`digits.params.Augment`.

    Returns:
        A ``tf.data.Dataset`` of (float32 (b, height, width, 1) in [0, 1], float32 (b, classes)).
    """
    count = len(images)

    def gather(positions):
        return images[positions], labels[positions]

    def whole_epoch(_):
        number = epoch.read_value()
        # An epoch's even seed is that of its order. Its odd seed, plus a multiple of 2**31, which
        # is more than any epoch's, is that of an augmentation.
        order = tf.random.experimental.stateless_shuffle(
            tf.range(count), seed=tf.stack([tf.constant(seed, tf.int64), 2 * number])
        )

        def block(start):
            positions = order[start : tf.minimum(start + BLOCK, count)]
            # Without state, as far as TensorFlow is concerned, or it would prefetch no batch.
            pixels, digits = tf.numpy_function(
                gather, [positions], (tf.uint8, tf.uint8), stateful=False
            )
            pixels = tf.ensure_shape(pixels, (None, *images.shape[1:]))
            pixels = tf.cast(pixels, tf.float32)[..., tf.newaxis] / 255.0
            one_hots = tf.one_hot(tf.ensure_shape(digits, (None,)), CLASSES)

            def draw(name, columns):
                stream = 2 * number + 1 + (crc32(name.encode()) << 31)
                stream_seed = tf.stack([tf.constant(seed, tf.int64), stream])
                return uniform_rows(stream_seed, columns, start=start, count=tf.shape(positions)[0])

            return augment_batch(pixels, one_hots, augment, draw)

        blocks = tf.data.Dataset.range(0, count, BLOCK)
        return blocks.map(block).rebatch(batch_size)

    batches = tf.data.Dataset.range(1).flat_map(whole_epoch)
    cardinality = tf.data.experimental.assert_cardinality(-(-count // batch_size))
    return batches.apply(cardinality).prefetch(PREFETCHED)


def uniform_rows(seed, columns, *, start, count):
    """Draw some rows of the array that ``tf.random.stateless_uniform`` draws from this seed.

    Philox numbers its draws (Salmon et al., 2011, "Parallel random numbers: as easy as 1, 2, 3"),
    so it needs no rows before them.

    Args:
        seed: int64 (2,).
        columns: the width of the array.
        start: int64 scalar, the first row, a multiple of 4.
        count: int32 scalar, how many rows.

    Returns:
        float32 (count, columns) in [-1, 1).
    """
    key, counter = tf.raw_ops.StatelessRandomGetKeyCounter(seed=seed)
    skipped = tf.cast(start * columns // AT_ONCE, tf.uint64)
    uniform = tf.raw_ops.StatelessRandomUniformV2(
        shape=tf.stack([count, columns]),
        key=key,
        counter=counter + tf.stack([skipped, tf.zeros_like(skipped)]),
        alg=tf.random.Algorithm.PHILOX.value,
    )
    return uniform * 2.0 - 1.0


def validation_batches(images, labels, *, batch_size):
    """Make batches of the images as they are, in their order.

    Args:
        images: uint8 (n, height, width).
        labels: uint8 (n,).
        batch_size: images per batch; the last one may be smaller.

    Returns:
        A ``tf.data.Dataset`` of (float32 (b, height, width, 1) in [0, 1], float32 (b, classes)).
    """

    def read(start):
        block = slice(start, start + batch_size)
        return as_input(images[block]), one_hot(labels[block])

    def batch(start):
        pixels, one_hots = tf.numpy_function(
            read, [start], (tf.float32, tf.float32), stateful=False
        )
        pixels = tf.ensure_shape(pixels, (None, *images.shape[1:], 1))
        return pixels, tf.ensure_shape(one_hots, (None, CLASSES))

    return tf.data.Dataset.range(0, len(images), batch_size).map(batch)


def one_hot(labels):
    """Turn uint8 (n,) into float32 (n, 10)."""
    return np.eye(CLASSES, dtype=np.float32)[labels]
