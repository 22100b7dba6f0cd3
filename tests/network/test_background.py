"""Removal of the background: SciPy gives the same, and digits on black are not changed."""

import keras
import numpy as np
import pytest
from scipy import ndimage

from digits.network import model
from digits.network.background import as_channels, changed_fraction, remove_background
from stages.train import warn_about_background
from tests.project import PARAMS
from tests.synthetic import draw_digits

GREY = np.random.default_rng(0).uniform(0, 1, (5, 28, 28, 1)).astype(np.float32)
SIDE = 13


def test_same_as_scipy():
    """It is SciPy's white top-hat, stretched to 0 to 1, to the bit."""
    expected = np.stack([ndimage.white_tophat(image[..., 0], (SIDE, SIDE)) for image in GREY])
    expected -= expected.min(axis=(1, 2), keepdims=True)
    expected /= expected.max(axis=(1, 2), keepdims=True)
    found = remove_background(GREY, SIDE)
    np.testing.assert_array_equal(found[..., 0], expected)
    np.testing.assert_array_equal(as_channels(remove_background(as_channels(GREY), SIDE)), found)


def test_saved_with_the_network(tmp_path):
    """A loaded network removes the background itself, and without it predicts the same."""
    build = {"image_size": (28, 28), "seed": 0}
    with_background = model.build(PARAMS.network.model_copy(update={"background": SIDE}), **build)
    model.save(with_background, tmp_path / "model.keras")
    loaded = model.load(tmp_path / "model.keras")
    without = model.build(PARAMS.network.model_copy(update={"background": 0}), **build)
    expected = without.predict(remove_background(GREY, SIDE), verbose=0)
    np.testing.assert_array_equal(loaded.predict(GREY, verbose=0), expected)
    assert not np.allclose(without.predict(GREY, verbose=0), expected, atol=1e-3)


def test_paper_of_any_grey_is_black():
    """A digit on grey, on a gradient or beside a stripe looks as it does on black."""
    images, _ = draw_digits(3, seed=0)
    digits = model.as_input(images)
    expected = remove_background(digits, SIDE)
    gradient = np.linspace(0.2, 0.4, 28, dtype=np.float32)[:, np.newaxis]
    np.testing.assert_allclose(remove_background(0.5 + digits / 2, SIDE), expected, atol=1e-5)
    np.testing.assert_allclose(remove_background(gradient + digits / 2, SIDE), expected, atol=0.1)
    striped = np.pad(digits, [(0, 0), (0, 0), (0, 20), (0, 0)])
    striped[:, :, 30:] = 0.8
    found = remove_background(striped, SIDE)
    np.testing.assert_array_equal(found[:, :, :28], expected)
    assert keras.ops.max(found[:, :, 30:]) == 0


def test_blank_image_stays_blank():
    """An image of one value becomes 0; faint noise is not made as bright as ink."""
    assert not np.any(remove_background(np.full((1, 28, 28, 1), 0.4, np.float32), SIDE))
    faint = 0.4 + 0.01 * GREY
    assert float(keras.ops.max(remove_background(faint, SIDE))) == pytest.approx(0.2, abs=0.05)


def test_fraction_that_is_changed():
    """Images are counted if they have anything wider than the square; 0 changes none."""
    images, _ = draw_digits(4, seed=0)
    images[1, 5:20, 5:20] = 200
    assert changed_fraction(images, SIDE) == 0.25
    assert changed_fraction(images, 17) == 0
    assert changed_fraction(images, 0) == 0


def test_training_on_clothes_is_warned_about(capsys):
    """The stage train says which setting does not fit, and the share, if over 1% is changed."""
    images, _ = draw_digits(200, seed=0)
    images[:2, 5:20, 5:20] = 200
    warn_about_background(images, SIDE)
    assert not capsys.readouterr().out
    images[2, 5:20, 5:20] = 200
    warn_about_background(images, SIDE)
    assert "train: network.background: 13 removes parts of 2% of the" in capsys.readouterr().out
