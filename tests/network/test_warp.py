"""Warps: each number does what it is called, and nothing else."""

import numpy as np
import pytest

from digits.network.warp import NUMBERS, warp
from digits.params import Augment
from tests.synthetic import draw_digits

RANGES = Augment(rotation=90.0, shift=3.0, zoom=0.5, shear=1.0)
NOTHING = Augment(rotation=0.0, shift=0.0, zoom=0.0, shear=0.0)
ROTATION, SHIFT_X, SHIFT_Y, ZOOM, SHEAR = range(NUMBERS)


def warp_one(image, **ranges):
    """Warp one image (height, width) by ``numbers`` (0 where none is given) within RANGES."""
    numbers = np.zeros((1, NUMBERS), np.float32)
    for position, value in ranges.items():
        numbers[0, int(position)] = value
    return np.asarray(warp(image[np.newaxis, ..., np.newaxis], numbers, RANGES))[0, ..., 0]


def ink_at(*pixels, side=28):
    """Make an image with ink at the given (row, column)."""
    image = np.zeros((side, side), np.float32)
    for pixel in pixels:
        image[pixel] = 1.0
    return image


def drawn(count):
    """Draw digits as the network takes them."""
    images, _ = draw_digits(count, seed=0)
    return images[..., np.newaxis].astype(np.float32) / 255


@pytest.mark.parametrize("numbers", [0.0, 1.0], ids=["numbers 0", "ranges 0"])
def test_nothing_to_do_changes_nothing(numbers):
    """Numbers of 0 within wide ranges, and any numbers within ranges of 0, keep each image."""
    images = drawn(5)
    ranges = RANGES if numbers == 0 else NOTHING
    warped = warp(images, np.full((5, NUMBERS), numbers, np.float32), ranges)
    np.testing.assert_allclose(warped, images, atol=1e-6)


@pytest.mark.parametrize(
    ("number", "value", "rows", "columns"),
    [(SHIFT_X, 1, 0, 3), (SHIFT_X, -1, 0, -3), (SHIFT_Y, 1, 3, 0), (SHIFT_Y, -1, -3, 0)],
    ids=["right", "left", "down", "up"],
)
def test_shift_moves_ink_by_whole_pixels(number, value, rows, columns):
    """A positive shift moves ink to the right or down; what comes in from outside is 0."""
    image = np.random.default_rng(0).uniform(0.1, 1, (28, 28)).astype(np.float32)
    expected = np.roll(image, (rows, columns), axis=(0, 1))
    for axis, by in enumerate((rows, columns)):
        came_in = slice(0, by) if by >= 0 else slice(by, None)
        expected[(came_in,) if axis == 0 else (slice(None), came_in)] = 0
    np.testing.assert_allclose(warp_one(image, **{str(number): value}), expected, atol=1e-5)


@pytest.mark.parametrize("direction", [1, -1])
def test_rotation_by_a_right_angle(direction):
    """90 degrees turn the image as numpy.rot90 does, one way or the other."""
    image = drawn(1)[0, ..., 0]
    warped = warp_one(image, **{str(ROTATION): direction})
    np.testing.assert_allclose(warped, np.rot90(image, direction), atol=1e-4)


@pytest.mark.parametrize(("value", "width"), [(1, 12), (-1, 4)], ids=["larger", "smaller"])
def test_zoom_changes_the_size(value, width):
    """A square of 8 pixels becomes 1.5 or 0.5 times as wide and stays in the middle."""
    image = np.zeros((28, 28), np.float32)
    image[10:18, 10:18] = 1
    expected = np.zeros((28, 28), bool)
    expected[14 - width // 2 : 14 + width // 2, 14 - width // 2 : 14 + width // 2] = True
    np.testing.assert_array_equal(warp_one(image, **{str(ZOOM): value}) > 0.4, expected)


def test_shear_slants_an_upright_line():
    """A shear of one pixel a pixel makes a diagonal of an upright line, one each way."""
    upright = ink_at(*((row, 4) for row in range(9)), side=9)
    there, back = (warp_one(upright, **{str(SHEAR): value}) for value in (1, -1))
    np.testing.assert_allclose(there + back, np.eye(9) + np.eye(9)[::-1], atol=1e-5)
    np.testing.assert_allclose(there, back[::-1], atol=1e-5)


def test_centre_moves_by_the_shift_alone():
    """However the image is turned, zoomed and slanted, its middle goes where the shift says."""
    image = ink_at((4, 4), side=9)
    warped = warp_one(image, **{str(n): 1 for n in range(NUMBERS)})
    np.testing.assert_allclose(warped[7, 7], 1, atol=1e-4)


def test_each_image_has_its_own_warp():
    """A row of numbers warps its own image only."""
    images = drawn(3)
    numbers = np.zeros((3, NUMBERS), np.float32)
    numbers[1, SHIFT_X] = 1
    warped = np.asarray(warp(images, numbers, RANGES))
    np.testing.assert_allclose(warped[[0, 2]], images[[0, 2]], atol=1e-6)
    np.testing.assert_allclose(warped[1, :, 3:], images[1, :, :-3], atol=1e-5)


def test_stays_in_range():
    """Interpolation gives no value outside those of the image."""
    numbers = np.random.default_rng(0).uniform(-1, 1, (20, NUMBERS)).astype(np.float32)
    warped = np.asarray(warp(drawn(20), numbers, RANGES))
    assert warped.dtype == np.float32
    assert warped.min() >= 0
    assert warped.max() <= 1 + 1e-6
