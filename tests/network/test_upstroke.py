"""Upstrokes: from the top of a 1 down to the left, as wide as its stroke."""

import numpy as np
import pytest

from digits.network.upstroke import add_upstrokes


def ones(*shapes):
    """Draw upright lines, each given as (top, bottom, left, right), float32 (28, 28, n)."""
    images = np.zeros((28, 28, len(shapes)), np.float32)
    for number, (top, bottom, left, right) in enumerate(shapes):
        images[top:bottom, left:right, number] = 1
    return images


def changed(images, *numbers):
    """Add upstrokes with these random numbers: of the slope, the length and the width."""
    rows = np.repeat(np.array(numbers, np.float32)[:, np.newaxis], images.shape[-1], axis=1)

    def draw(name, columns):
        assert (name, columns) == ("upstroke", 3)
        return rows

    return np.asarray(add_upstrokes(images, draw))


@pytest.mark.parametrize(("slope", "degrees"), [(0.0, 28), (1.0, 65)])
@pytest.mark.parametrize(("long", "fraction"), [(0.0, 0.2), (1.0, 0.55)])
def test_slope_and_length(slope, degrees, long, fraction):
    """The stroke ends where its slope and its length, a fraction of the height, lead."""
    image = ones((4, 24, 18, 20))
    drawn = changed(image, slope, long, 0.0) - image
    rows, columns = np.nonzero(drawn[..., 0] > 0.5)
    length = fraction * 20
    radius = 2 * 0.7 / 2
    left = 18.5 - length * np.cos(np.radians(degrees)) - radius
    lowest = 4.5 + length * np.sin(np.radians(degrees)) + radius
    assert columns.min() == pytest.approx(left, abs=1.0)
    assert rows.max() == pytest.approx(lowest, abs=1.0)
    assert rows.min() >= 3
    assert columns.max() <= 20


def test_as_wide_as_the_stroke():
    """A broader 1 gets a broader upstroke; a hair gets one of 1.6 pixels at least."""
    images = ones((4, 24, 19, 20), (4, 24, 18, 20), (4, 24, 17, 21))
    ink = (changed(images, 0.5, 1.0, 1.0) - images).sum(axis=(0, 1))
    assert ink[0] < ink[1] < ink[2]
    # Its length is 11 pixels, and it has round ends.
    assert 1.6 * 9 < ink[0] < 1.6 * 12


def test_low_and_empty_images_are_kept():
    """Lines lower than 12 pixels, dots and blank images are not changed."""
    images = ones((4, 15, 18, 20), (4, 6, 18, 20), (0, 0, 0, 0))
    np.testing.assert_array_equal(changed(images, 0.5, 0.5, 0.5), images)


def test_never_darker_and_in_range():
    """The digit itself stays, and no value exceeds 1."""
    images = ones((4, 24, 18, 20), (2, 20, 10, 13))
    for number in (0.0, 0.5, 0.999):
        found = changed(images, number, number, number)
        assert (found >= images).all()
        assert found.max() <= 1
