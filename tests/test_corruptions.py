"""The corruptions do what the paper says, to each image by itself, reproducibly."""

import numpy as np
import pytest

from benchmarks.corruptions import kinds
from benchmarks.corruptions.kinds import KINDS, corrupt
from tests.synthetic import draw_digits

IMAGES, _ = draw_digits(100, seed=1)


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_bytes(kind):
    """One seed changes every image, twice in the same way, whatever the other images are."""
    others = IMAGES.copy()
    if kind != "shot noise":  # which draws another number of random numbers for other images
        others[1::2] = 255 - others[1::2]
    once, again = corrupt(kind, IMAGES, seed=0), corrupt(kind, others, seed=0)
    assert once.shape == IMAGES.shape
    assert once.dtype == np.uint8
    assert (once[::2] == again[::2]).all()
    assert (once != IMAGES).any(axis=(1, 2)).all()


def test_another_kind_changes_nothing(monkeypatch):
    """A kind that is added before the others changes no image of theirs."""
    before = corrupt("shot noise", IMAGES, seed=0)
    monkeypatch.setattr(kinds, "KINDS", {"new": KINDS["fog"]} | KINDS)
    assert (corrupt("shot noise", IMAGES, seed=0) == before).all()


def test_impulse_noise():
    """17 % of the pixels become black or white, in equal parts."""
    gray = np.full((100, 28, 28), 100, np.uint8)
    noisy = corrupt("impulse noise", gray, seed=0)
    for value in (0, 255):
        assert abs((noisy == value).mean() - 0.085) < 0.005


def test_shot_noise():
    """Black stays black; elsewhere the number of photons has a Poisson distribution."""
    half = np.full((100, 28, 28), 85, np.uint8)  # a third of white: one photon on average
    assert corrupt("shot noise", half * 0, seed=0).max() == 0
    noisy = corrupt("shot noise", half, seed=0)
    assert set(np.unique(noisy)) == {0, 85, 170, 255}
    assert abs((noisy == 0).mean() - np.exp(-1)) < 0.01  # Poisson's


def centre_and_spread(images):
    """Return the centre of mass, (n, 2) of row and column, and the spread around it, (n,)."""
    ink = images / images.sum(axis=(1, 2), keepdims=True)
    places = np.indices(images.shape[1:])
    centre = (ink[:, None] * places).sum(axis=(2, 3))
    away = ((places - centre[:, :, None, None]) ** 2).sum(axis=1)
    return centre, np.sqrt((ink * away).sum(axis=(1, 2)))


def test_translate():
    """Images move by three pixels along both axes, in each direction equally often."""
    inner = np.zeros_like(IMAGES)
    inner[:, 4:-4, 4:-4] = IMAGES[:, 4:-4, 4:-4]
    moved = centre_and_spread(corrupt("translate", inner, seed=0))[0] - centre_and_spread(inner)[0]
    assert np.allclose(np.abs(moved), 3)
    assert (np.abs((moved > 0).mean(axis=0) - 0.5) < 0.1).all()


def test_scale():
    """Images shrink to 0.7 about their centre."""
    before, after = centre_and_spread(IMAGES), centre_and_spread(corrupt("scale", IMAGES, seed=0))
    assert np.allclose(after[0] - 13.5, 0.7 * (before[0] - 13.5), atol=0.3)
    assert np.allclose(after[1] / before[1], 0.7, atol=0.05)


@pytest.mark.parametrize(("kind", "moved"), [("rotate", np.sin(0.4)), ("shear", 0.4)])
def test_rotate_and_shear(kind, moved):
    """A dot above the centre moves left or right, by the sine of the angle or the shear."""
    dot = np.zeros((200, 29, 29), np.uint8)
    dot[:, 4, 14] = 255
    centre, _ = centre_and_spread(corrupt(kind, dot, seed=0))
    sideways = (centre[:, 1] - 14) / 10
    assert np.allclose(np.abs(sideways), moved, atol=0.06)
    assert abs((sideways > 0).mean() - 0.5) < 0.15


def test_canny_edges():
    """A square becomes its outline, one pixel wide."""
    square = np.zeros((1, 28, 28), np.uint8)
    square[:, 8:20, 8:20] = 255
    edges = corrupt("canny edges", square, seed=0)[0]
    assert set(np.unique(edges)) == {0, 255}
    assert (edges[14] > 0).sum() == 2
    assert edges[9:19, 10:18][1:-1].max() == 0
    assert 36 <= (edges > 0).sum() <= 52


def test_stripe():
    """The left and right quarters are inverted, the middle is unchanged."""
    striped = corrupt("stripe", IMAGES, seed=0)
    assert (striped[:, :, 7:21] == IMAGES[:, :, 7:21]).all()
    assert (striped[:, :, :7] == 255 - IMAGES[:, :, :7]).all()
    assert (striped[:, :, 21:] == 255 - IMAGES[:, :, 21:]).all()


@pytest.mark.parametrize("kind", ["glass blur", "motion blur"])
def test_blur_keeps_the_ink(kind):
    """A blur keeps the sum of the ink if the ink does not reach the edge."""
    inner = np.zeros_like(IMAGES)
    inner[:, 10:-10, 10:-10] = IMAGES[:, 10:-10, 10:-10]
    some = inner[inner.sum(axis=(1, 2)) > 2000]
    share = corrupt(kind, some, seed=0).sum(axis=(1, 2)) / some.sum(axis=(1, 2))
    assert abs(share.mean() - 1) < 0.1
