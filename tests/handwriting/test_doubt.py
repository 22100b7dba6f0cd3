"""Doubt: said where a reading is not to be trusted, and not where it is."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from digits.handwriting.doubt import doubt
from digits.handwriting.ink import normalize
from digits.handwriting.recognizer import SURE


def seen(text):
    """Draw text and make it into what the network sees."""
    page = Image.new("L", (600, 300), 255)
    font = ImageFont.load_default(120)
    ImageDraw.Draw(page).text((300, 150), text, fill=0, font=font, anchor="mm")
    return normalize(np.asarray(page))


@pytest.mark.parametrize("digit", range(10))
def test_one_digit_is_as_sure_as_the_network(digit):
    """Only a low confidence makes a single digit doubtful."""
    assert doubt(seen(str(digit)), 1.0) == ""
    assert doubt(seen(str(digit)), SURE) == ""
    assert doubt(seen(str(digit)), SURE - 0.001) == "unsure"


@pytest.mark.parametrize("text", ["12", "42", "77", "1 1", "2024", "hello"])
def test_several_things_side_by_side(text):
    """However sure the network is, several things are no digit."""
    assert doubt(seen(text), 1.0) == "more than one digit?"


def test_a_5_in_two_strokes_is_one_digit():
    """A bar above, which does not touch the rest, is part of it; so is a dot in a 0."""
    image = np.zeros((28, 28), np.uint8)
    image[4:7, 10:19] = 255
    image[9:24, 9:17] = 255
    assert doubt(image, 1.0) == ""
    image = seen("0")
    image[12:16, 12:16] = 255
    assert doubt(image, 1.0) == ""
