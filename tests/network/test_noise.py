"""Noise: each kind does what it is called, to its fraction of the images."""

import numpy as np
import pytest
from scipy import ndimage

from digits.network import noise
from tests.synthetic import draw_digits

COUNT = 400
DIGITS = np.moveaxis(draw_digits(COUNT, seed=0)[0], 0, -1).astype(np.float32) / 255
RANDOM = np.random.default_rng(0)
STROKE = {
    "angle": 0.0, "offset": 0.5, "width": 0.4, "bright": 1.0, "bent": 0.9, "bend": 0.0,
    "period": 0.0, "phase": 0.0, "dashed": 0.9, "dash": 0.0, "filled": 0.0,
}  # fmt: skip


def draw(name, columns):  # noqa: ARG001, these numbers need no name
    """Draw random numbers, float32 (columns, COUNT) in [0, 1)."""
    return RANDOM.uniform(0, 1, (columns, COUNT)).astype(np.float32)


@pytest.mark.parametrize("change", noise.KINDS, ids=lambda change: change.__name__)
def test_fraction_of_the_images(monkeypatch, change):
    """Each kind changes its fraction of the images, and keeps values in 0 to 1."""
    fraction, *sizes = noise.KINDS[change]
    monkeypatch.setattr(noise, "KINDS", {change: (fraction, *sizes)})
    found = np.asarray(noise.add_noise(DIGITS, draw))
    share = (found != DIGITS).any(axis=(0, 1)).mean()
    assert share == pytest.approx(fraction, abs=0.08)  # a stroke may miss the image
    assert (found.min(), found.max()) >= (0, 0)
    assert found.max() <= 1
    assert found.dtype == np.float32


def stroke(**numbers):
    """Draw a stroke on a blank image of 28 x 28 pixels."""
    numbers = {name: np.float32([[value]]) for name, value in (STROKE | numbers).items()}
    return np.asarray(noise.stroke(np.zeros((28, 28, 1), np.float32), **numbers))[..., 0]


def test_straight_stroke():
    """It crosses the whole image, in its width, at its angle, off the centre by its offset."""
    flat = stroke()  # 2 pixels wide, level, through the centre
    np.testing.assert_allclose(flat.sum(axis=0), 2, atol=1e-5)
    np.testing.assert_array_equal(np.flatnonzero(flat[:, 0]), [13, 14])
    np.testing.assert_allclose(stroke(angle=0.5), flat.T, atol=1e-5)
    np.testing.assert_array_equal(np.flatnonzero(stroke(offset=0.75)[:, 0]), [19, 20])
    np.testing.assert_allclose(stroke(width=1.0).sum(axis=0), 3.2, atol=1e-5)
    assert stroke(bright=0.0).max() == pytest.approx(0.4)


def test_zigzag_and_dashes():
    """A bent stroke leaves its line by the amplitude; a dashed one has gaps."""
    rows, _ = np.nonzero(stroke(bent=0.0, bend=1.0, period=1.0) > 0.3)
    assert (rows.min(), rows.max()) == (pytest.approx(10, abs=1), pytest.approx(17, abs=1))
    is_ink = stroke(dashed=0.0, filled=0.4).max(axis=0) > 0
    assert is_ink.mean() == pytest.approx(0.5, abs=0.2)


def test_outline():
    """It is SciPy's morphological gradient."""
    expected = ndimage.morphological_gradient(DIGITS[..., 0], (3, 3), mode="nearest")
    np.testing.assert_allclose(noise.outline(DIGITS)[..., 0], expected, atol=1e-6)


def test_blur():
    """At full strength it is a binomial filter, with black around the image; at 0 nothing."""
    line = np.array([1, 4, 6, 4, 1]) / 16
    expected = ndimage.convolve(DIGITS[..., 0], np.outer(line, line), mode="constant")
    np.testing.assert_allclose(noise.blur(DIGITS, 1.0)[..., 0], expected, atol=1e-6)
    np.testing.assert_array_equal(noise.blur(DIGITS, 0.0), DIGITS)


def test_gaussian_noise():
    """The noise has the standard deviation of a normal distribution and no bias."""
    grey = np.full((28, 28, COUNT), 0.5, np.float32)
    uniform = draw("", 28 * 28).reshape(grey.shape)
    added = np.asarray(noise.gaussian_noise(grey, np.float32(1 / 3), uniform)) - 0.5
    assert added.std() == pytest.approx(0.1, rel=0.01)
    assert added.mean() == pytest.approx(0, abs=0.001)
    assert np.mean(np.abs(added) < 0.1) == pytest.approx(0.683, abs=0.01)
    assert abs(np.corrcoef(added[:14].ravel(), added[14:].ravel())[0, 1]) < 0.01
    none = noise.gaussian_noise(grey, np.float32(0), uniform)
    np.testing.assert_array_equal(none, grey)


def test_impulse_noise():
    """As many pixels become black as white, of the rate in all."""
    grey = np.full((28, 28, COUNT), 0.5, np.float32)
    uniform = draw("", 28 * 28).reshape(grey.shape)
    found = np.asarray(noise.impulse_noise(grey, np.float32(0.5), uniform))
    shares = [np.mean(found == value) for value in (0, 0.5, 1)]
    assert shares == pytest.approx([0.05, 0.9, 0.05], abs=0.003)
