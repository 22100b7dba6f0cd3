"""An epoch's batches: every image once, in an order and augmented as the seed says."""

import numpy as np
import pytest
import tensorflow as tf

from digits.network import batches
from digits.network.model import as_input, one_hot
from digits.network.warp import NUMBERS
from digits.params import Augment

COUNT = 23
# Each image is of one gray level, its own number, so that it is known again.
IMAGES = np.repeat(np.arange(COUNT, dtype=np.uint8), 6 * 6).reshape(COUNT, 6, 6)
LABELS = (np.arange(COUNT) % 10).astype(np.uint8)
STILL = Augment(rotation=0.0, shift=0.0, zoom=0.0, shear=0.0)
WARPED = Augment(rotation=20.0, shift=1.0, zoom=0.1, shear=0.1)
NOISY = Augment(noisy=0.9)


class Batches:
    """The batches of any epoch, through one dataset as ``Model.fit`` uses it."""

    def __init__(self, *, images=IMAGES, batch_size=5, seed=0, augment=STILL, background=0):
        """Make the dataset."""
        self._epoch = tf.Variable(0, dtype=tf.int64)
        self.dataset = batches.training_batches(
            images,
            LABELS[: len(images)],
            batch_size=batch_size,
            epoch=self._epoch,
            seed=seed,
            augment=augment,
            background=background,
        )

    def read(self, epoch):
        """Read one epoch as a list of (images, labels)."""
        self._epoch.assign(epoch)
        return list(self.dataset.as_numpy_iterator())

    def images(self, epoch):
        """Read one epoch's images as one array."""
        return np.concatenate([images for images, _ in self.read(epoch)])

    def order(self, epoch):
        """Read the numbers of one epoch's images; they must not be warped."""
        return list(np.rint(self.images(epoch)[:, 3, 3, 0] * 255).astype(int))


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Warp 4 images at a time, which divides neither the images nor the batches."""
    monkeypatch.setattr(batches, "BLOCK", 4)


@pytest.mark.parametrize("batch_size", [5, 23, 100])
def test_each_image_comes_once(batch_size):
    """Batches are of the size asked for, the last is the rest, and no image is lost."""
    made = Batches(batch_size=batch_size)
    sizes = [len(images) for images, _ in made.read(0)]
    full, rest = divmod(COUNT, batch_size)
    assert sizes == [batch_size] * full + [rest] * (rest > 0)
    assert sorted(made.order(0)) == list(range(COUNT))
    assert len(made.dataset) == len(sizes)


def test_images_keep_their_labels():
    """The label beside an image is its own, as one-hot float32."""
    made = Batches()
    labels = np.concatenate([labels for _, labels in made.read(2)])
    np.testing.assert_array_equal(labels.argmax(axis=1), np.array(made.order(2)) % 10)
    np.testing.assert_array_equal(labels.sum(axis=1), 1)
    assert labels.dtype == np.float32


def test_pixels_go_from_0_to_1():
    """Pixel values of 0 and 255 become 0 and 1, float32, with one channel."""
    images = np.zeros((2, 6, 6), np.uint8)
    images[1] = 255
    ((pixels, _),) = Batches(images=images).read(0)
    assert (pixels.shape, pixels.dtype) == ((2, 6, 6, 1), np.float32)
    assert sorted(pixels[:, 3, 3, 0]) == [0, 1]


def test_epochs_differ_in_order():
    """Another epoch has another order, and none has the order of the file."""
    made = Batches()
    orders = [made.order(epoch) for epoch in range(3)] + [list(range(COUNT))]
    assert len({tuple(order) for order in orders}) == 4


def test_epochs_differ_in_warps():
    """An image alone, so without an order, is warped in another way in another epoch."""
    made = Batches(images=np.full((1, 6, 6), 255, np.uint8), augment=WARPED)
    assert not np.array_equal(made.images(0), made.images(1))


def test_equal_images_are_warped_differently():
    """Each image has its own numbers, across the blocks too."""
    made = Batches(images=np.full((COUNT, 6, 6), 255, np.uint8), augment=WARPED)
    assert len({image.tobytes() for image in made.images(0)}) == COUNT


def test_seed_and_epoch_fix_the_bytes():
    """The same seed and epoch give the same bytes from another dataset; another seed does not."""
    for augment in (WARPED, NOISY):
        first, again, other = (Batches(seed=s, augment=augment).images(1) for s in (7, 7, 8))
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)


def test_an_epoch_needs_none_before_it():
    """Epoch 3 is the same whether or not epochs 0 to 2 were read before."""
    after_others = Batches(augment=WARPED)
    for epoch in range(3):
        after_others.read(epoch)
    np.testing.assert_array_equal(
        after_others.images(3), Batches(augment=WARPED).images(3), strict=True
    )


def drawn(monkeypatch, *names, columns=NUMBERS):
    """Draw from streams of these names, one after the other; return the last one's epoch 2."""

    def last_numbers(_images, labels, _augment, draw):
        numbers = [draw(name, columns, tf.shape(labels)[0]) for name in names][-1]
        return numbers[..., tf.newaxis, tf.newaxis], labels

    monkeypatch.setattr(batches, "augment_batch", last_numbers)
    return Batches(seed=3).images(2)[..., 0, 0]


def test_bits_of_the_committed_results(monkeypatch):
    """The order and the warps, drawn by the block, are those of two seeds of the whole epoch."""
    order = tf.random.experimental.stateless_shuffle(tf.range(COUNT), [3, 4]).numpy()
    assert Batches(seed=3).order(2) == list(order)
    whole = tf.random.stateless_uniform((COUNT, NUMBERS), [3, 5], -1.0, 1.0).numpy()
    np.testing.assert_array_equal(drawn(monkeypatch, ""), whole, strict=True)


@pytest.mark.parametrize("columns", [3, pytest.param(1, marks=pytest.mark.slow)])
def test_random_numbers_go_by_name(monkeypatch, columns):
    """Each name has numbers of its own, which no other name shifts."""
    erase = drawn(monkeypatch, "erase", columns=columns)
    assert (erase.shape, erase.dtype) == ((COUNT, columns), np.float32)
    assert len(np.unique(erase)) == erase.size
    assert (np.abs(erase) <= 1).all()
    for other in ("", "noise"):
        assert not np.isin(drawn(monkeypatch, other, columns=columns), erase).any()
        after = drawn(monkeypatch, other, "erase", columns=columns)
        np.testing.assert_array_equal(after, erase)


@pytest.mark.parametrize("batch_size", [5, 23, 100])
def test_validation_images_come_as_they_are(batch_size):
    """All of them, in their order, with their labels, the last batch being the rest."""
    made = list(batches.validation_batches(IMAGES, LABELS, batch_size=batch_size, background=0))
    full, rest = divmod(COUNT, batch_size)
    assert [len(images) for images, _ in made] == [batch_size] * full + [rest] * (rest > 0)
    images, labels = (np.concatenate(part) for part in zip(*made, strict=True))
    np.testing.assert_array_equal(images, as_input(IMAGES), strict=True)
    np.testing.assert_array_equal(labels, one_hot(LABELS), strict=True)


def test_blocks_change_nothing(monkeypatch):
    """How many images are warped at a time shows in no image."""
    small = Batches(augment=WARPED).images(0)
    monkeypatch.setattr(batches, "BLOCK", 1024)
    np.testing.assert_allclose(Batches(augment=WARPED).images(0), small, atol=1e-6)


def test_background_is_removed():
    """Both parts come without background, after the augmentation."""
    images = np.full((COUNT, 9, 9), 100, np.uint8)
    images[:, 4, 4] = 200
    made = Batches(images=images, background=5).images(0)
    others = batches.validation_batches(images, LABELS, batch_size=5, background=5)
    expected = np.zeros((COUNT, 9, 9, 1), np.float32)
    expected[:, 4, 4] = 1
    np.testing.assert_allclose(made, expected, atol=1e-6)
    np.testing.assert_allclose(np.concatenate([i for i, _ in others]), expected, atol=1e-6)
    noisy = Batches(images=images, background=5, augment=Augment(noisy=1.0)).images(0)
    assert np.median(noisy.max(axis=(1, 2))) == 1
