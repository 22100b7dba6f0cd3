"""Augmentation: which images are changed, and that nothing is done that is off."""

from zlib import crc32

import numpy as np
import pytest

from digits.network.augment import augment_batch, change_some, examples
from digits.network.model import as_input, one_hot
from digits.params import Augment
from tests.synthetic import draw_digits

COUNT = 1000
IMAGES, LABELS = draw_digits(COUNT, seed=0)
WARPED = Augment(rotation=90.0, shift=3.0, zoom=0.5, shear=1.0)


def draw(name, columns, rows):
    """Draw random numbers by name, in [-1, 1)."""
    random = np.random.default_rng(crc32(name.encode()))
    return random.uniform(-1, 1, (int(rows), columns)).astype(np.float32)


def augmented(**settings):
    """Augment all images; return them and whether each has changed, both arrays."""
    images, labels = augment_batch(as_input(IMAGES), one_hot(LABELS), Augment(**settings), draw)
    np.testing.assert_array_equal(labels, one_hot(LABELS))
    changed = np.abs(images - as_input(IMAGES)).max(axis=(1, 2, 3)) > 1e-3
    return np.asarray(images), changed


def test_off_is_off():
    """Without any kind, no image changes."""
    _, changed = augmented()
    assert not changed.any()


def test_noisy_images_are_a_fraction():
    """Noise is added to about its fraction of the images, of every digit."""
    _, changed = augmented(noisy=0.3)
    # Of the noisy images, a quarter draws no kind that shows, or a stroke that misses it.
    assert 0.18 < changed.mean() < 0.3
    assert set(LABELS[changed]) == set(range(10))
    assert not augmented(noisy=0.0)[1].any()


def test_upstrokes_on_ones_only():
    """About a fraction of the ones get an upstroke, no other digit does."""
    images, changed = augmented(upstroke=0.5)
    assert set(LABELS[changed]) == {1}
    assert changed[LABELS == 1].mean() == pytest.approx(0.5, abs=0.2)
    assert (images >= as_input(IMAGES) - 1e-6).all()


def test_kinds_do_not_disturb_each_other():
    """An image that another kind leaves alone is the same with it and without it."""
    plain, _ = augmented(rotation=10.0)
    both, _ = augmented(rotation=10.0, upstroke=0.5)
    np.testing.assert_array_equal(both[LABELS != 1], plain[LABELS != 1])


def test_nobody_is_chosen():
    """No image need be chosen."""
    images = as_input(IMAGES[:4])
    same = change_some(images, np.zeros(4, bool), lambda some, _: some + 1, draw)
    np.testing.assert_array_equal(same, images)


def test_examples_begin_with_the_image_itself():
    """Each image comes as it is, then in copies that differ from it and from each other."""
    settings = {"copies": 4, "augment": WARPED, "background": 0}
    made = examples(IMAGES[:2], LABELS[:2], seed=0, **settings)
    assert (made.shape, made.dtype) == ((2, 5, 28, 28), np.float32)
    np.testing.assert_allclose(made[:, 0] * 255, IMAGES[:2], atol=1e-4)
    assert len({image.tobytes() for image in made.reshape(-1, 28, 28)}) == 10
    again, other = (examples(IMAGES[:2], LABELS[:2], seed=s, **settings) for s in (0, 1))
    np.testing.assert_array_equal(made, again)
    assert not np.array_equal(made, other)


def test_examples_show_noise_and_upstrokes():
    """The last half of the copies is noisy, and every 1 has an upstroke, if they are on."""
    settings = {"copies": 4, "seed": 0, "background": 0}
    chosen = np.flatnonzero(LABELS == 1)[:10]
    images, labels = IMAGES[chosen], LABELS[chosen]
    noisy = examples(images, labels, augment=Augment(noisy=0.01), **settings)
    changed = np.abs(noisy[:, 1:] - noisy[:, :1]).max(axis=(2, 3)) > 1e-3
    assert not changed[:, :2].any()
    assert changed[:, 2:].mean() > 0.5
    upstrokes = examples(images, labels, augment=Augment(upstroke=0.01), **settings)
    assert (upstrokes[:, 1:].sum(axis=(2, 3)) > upstrokes[:, :1].sum(axis=(2, 3)) + 1).all()
