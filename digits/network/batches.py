"""Batches for training and validation, from arrays that may be memory-mapped."""

from zlib import crc32

import tensorflow as tf

from digits.dataset.arrays import CLASSES
from digits.network.augment import augment_batch
from digits.network.background import as_channels, remove_background
from digits.network.model import as_input, one_hot

BLOCK = 1024  # images read and augmented at a time; twice as fast as in batches of 128
PREFETCHED = 8  # batches prepared ahead of training
AT_ONCE = 4  # random numbers of 32 bits that Philox draws for each value of its counter


def training_batches(images, labels, *, batch_size, epoch, seed, augment, background):
    """Make the shuffled, augmented batches of one epoch; each iteration makes them again.

    The order of the images and their augmentation are functions of the seed, the epoch and the
    position in the epoch alone, so no epoch depends on those before it. RAM holds only the order,
    four bytes per image.

    Args:
        images: uint8 (n, height, width).
        labels: uint8 (n,).
        batch_size: images per batch; the last batch may be smaller.
        epoch: int64 ``tf.Variable``, read when an iteration begins.
        seed: an int, at least 0.
        augment: a :class:`digits.params.Augment`.
        background: ``network.background`` of the settings; it is removed here, because this is
            much faster than in the network.

    Returns:
        A ``tf.data.Dataset`` of (float32 (b, height, width, 1) in [0, 1], float32 (b, classes)).
    """
    count = len(images)

    def gather(positions):
        return images[positions], labels[positions]

    def whole_epoch(_):
        number = epoch.read_value()
        # The seed of the order is even. Those of augmentations are odd, plus a multiple of 2**31.
        order = tf.random.experimental.stateless_shuffle(
            tf.range(count), seed=tf.stack([tf.constant(seed, tf.int64), 2 * number])
        )

        def block(start):
            positions = order[start : tf.minimum(start + BLOCK, count)]
            # Declared stateless, because TensorFlow would otherwise prefetch nothing.
            pixels, digits = tf.numpy_function(
                gather, [positions], (tf.uint8, tf.uint8), stateful=False
            )
            pixels = tf.ensure_shape(pixels, (None, *images.shape[1:]))
            pixels = tf.cast(pixels, tf.float32)[..., tf.newaxis] / 255.0
            one_hots = tf.one_hot(tf.ensure_shape(digits, (None,)), CLASSES)

            def draw(name, columns, rows):
                stream = 2 * number + 1 + (crc32(name.encode()) << 31)
                stream_seed = tf.stack([tf.constant(seed, tf.int64), stream])
                return uniform_rows(stream_seed, columns, start=start, count=rows)

            pixels, one_hots = augment_batch(pixels, one_hots, augment, draw)
            return without_background(pixels, background), one_hots

        blocks = tf.data.Dataset.range(0, count, BLOCK)
        return blocks.map(block).rebatch(batch_size)

    batches = tf.data.Dataset.range(1).flat_map(whole_epoch)
    cardinality = tf.data.experimental.assert_cardinality(-(-count // batch_size))
    return batches.apply(cardinality).prefetch(PREFETCHED)


def uniform_rows(seed, columns, *, start, count):
    """Draw some rows of the array that ``tf.random.stateless_uniform`` draws from this seed.

    Philox numbers its draws (Salmon et al., 2011, "Parallel random numbers: as easy as 1, 2, 3"),
    so the rows before them are not drawn. ``seed`` is int64 (2,), ``start`` the first row, int64, a
    multiple of 4. Returns float32 (count, columns) in [-1, 1).
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


def without_background(pixels, side):
    """Remove the background of images, float32 (n, height, width, 1)."""
    return as_channels(remove_background(as_channels(pixels), side))


def validation_batches(images, labels, *, batch_size, background):
    """Make batches like :func:`training_batches`, but in order and without augmentation."""

    def read(start):
        block = slice(start, start + batch_size)
        return as_input(images[block]), one_hot(labels[block])

    def batch(start):
        pixels, one_hots = tf.numpy_function(
            read, [start], (tf.float32, tf.float32), stateful=False
        )
        pixels = tf.ensure_shape(pixels, (None, *images.shape[1:], 1))
        pixels = without_background(pixels, background)
        return pixels, tf.ensure_shape(one_hots, (None, CLASSES))

    return tf.data.Dataset.range(0, len(images), batch_size).map(batch)
