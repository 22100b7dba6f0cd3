"""Uncertain readings are flagged, and certain ones are not."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from digits.handwriting.limits import SURE
from digits.handwriting.uncertainty import doubt
from tests.handwriting import normalize


def seen(text):
    """Draw text and normalize it."""
    page = Image.new("L", (600, 300), 255)
    font = ImageFont.load_default(120)
    ImageDraw.Draw(page).text((300, 150), text, fill=0, font=font, anchor="mm")
    return normalize(np.asarray(page))


@pytest.mark.parametrize("digit", range(10))
def test_single_digit(digit):
    """A single digit is uncertain only if the confidence is low."""
    image = seen(str(digit))
    assert doubt(image, 1.0) == doubt(image, SURE) == ""
    assert doubt(image, SURE - 0.001) == "unsure"


@pytest.mark.parametrize("text", ["12", "42", "77", "1 1", "2024", "hello"])
def test_several_digits(text):
    """Several characters side by side are uncertain even at full confidence."""
    assert doubt(seen(text), 1.0) == "more than one digit?"


def test_a_5_in_two_strokes_is_one_digit():
    """A separate bar is part of a 5, and a dot in a 0 is part of the 0."""
    image = np.zeros((28, 28), np.uint8)
    image[4:7, 10:19] = 255
    image[9:24, 9:17] = 255
    assert doubt(image, 1.0) == ""
    image = seen("0")
    image[12:16, 12:16] = 255
    assert doubt(image, 1.0) == ""
