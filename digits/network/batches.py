"""Training batches: each epoch in its own order, each image with its own warp."""

import tensorflow as tf

from digits.network.augment import NUMBERS, warp

BLOCK = 1024  # images warped at a time: an image costs half of what it does in batches of 128
PREFETCHED = 8  # batches made while earlier ones are trained on


def training_batches(images, labels, *, batch_size, epoch, seed, augment):
    """Make the batches of one epoch, anew at each iteration.

    The order of the images and the numbers of their warps are functions of the seed, the epoch
    and the position in the epoch alone, so that any epoch can be had without those before it.

    Args:
        images: uint8 (n, height, width).
        labels: float32 (n, classes), one-hot.
        batch_size: images per batch; the last one may be smaller.
        epoch: int64 ``tf.Variable``, the number of the epoch; it is read when an iteration begins.
        seed: a whole number from 0.
        augment: a :class:`digits.params.Augment`, the ranges of the warps.

    Returns:
        A ``tf.data.Dataset`` of (float32 (b, height, width, 1) in [0, 1], float32 (b, classes)).
    """
    count = len(images)
    images, labels = tf.constant(images), tf.constant(labels)

    def gather_and_warp(positions, numbers):
        pixels = tf.cast(tf.gather(images, positions), tf.float32)[..., tf.newaxis] / 255.0
        return warp(pixels, numbers, augment), tf.gather(labels, positions)

    def whole_epoch(_):
        number = epoch.read_value()
        # Two seeds per epoch: one of the order, one of the warps.
        order = tf.random.experimental.stateless_shuffle(
            tf.range(count), seed=tf.stack([tf.constant(seed, tf.int64), 2 * number])
        )
        numbers = tf.random.stateless_uniform(
            (count, NUMBERS), tf.stack([tf.constant(seed, tf.int64), 2 * number + 1]), -1.0, 1.0
        )
        blocks = tf.data.Dataset.from_tensor_slices((order, numbers)).batch(BLOCK)
        return blocks.map(gather_and_warp).rebatch(batch_size)

    batches = tf.data.Dataset.range(1).flat_map(whole_epoch)
    cardinality = tf.data.experimental.assert_cardinality(-(-count // batch_size))
    return batches.apply(cardinality).prefetch(PREFETCHED)
