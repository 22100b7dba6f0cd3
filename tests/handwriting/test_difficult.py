"""Pictures of kinds that people draw and photograph are read correctly by the model, or marked."""

import io
from functools import partial

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from scipy import ndimage

from digits.errors import UserError
from digits.handwriting.normalize import candidates
from digits.handwriting.pictures import decode
from digits.handwriting.reading import read
from digits.inference import MODEL, Recognizer
from tests.project import ROOT

needs_model = pytest.mark.skipif(
    not (ROOT / MODEL).is_file(), reason="needs models/mnist.onnx: make repro makes it"
)
# Strokes in shares of a digit's box, as (x, y).
STROKES = {
    1: [[(0.5, 0), (0.5, 1)]],
    4: [[(0.25, 0), (0.1, 0.6), (1, 0.6)], [(0.8, 0.35), (0.8, 1)]],
    7: [[(0, 0.03), (1, 0), (0.4, 1)]],
}


@pytest.fixture(scope="module")
def read_one():
    """Give a function that reads a picture, a ``PIL.Image``: (digit, doubt)."""
    recognizer = Recognizer(ROOT / MODEL)

    def read_one(image):
        (reading,) = read([("", partial(decode, png(image)))], recognizer)
        assert not reading.error
        return reading.ranking[0], reading.doubt

    return read_one


def png(image):
    """Encode a picture."""
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def drawn(digit, *, box, size, pen, ink=40, paper=235):
    """Draw a digit in a box (left, top, width, height), with round ends."""
    page = Image.new("L", size, paper)
    left, top, width, height = box
    for line in STROKES[digit]:
        points = [(left + x * width, top + y * height) for x, y in line]
        ImageDraw.Draw(page).line(points, fill=ink, width=pen, joint="curve")
    return page.filter(ImageFilter.GaussianBlur(0.7))


def printed(digit, *, size=220, side=400):
    """Print a digit in the middle of a page: float (side, side), 1 where there is ink."""
    page = Image.new("L", (side, side))
    font = ImageFont.load_default(size)
    ImageDraw.Draw(page).text((side / 2, side / 2), str(digit), fill=255, font=font, anchor="mm")
    return np.asarray(page, float) / 255


def on_paper(ink, light=235.0):
    """Put dark ink on paper under a light, a number or an array."""
    return Image.fromarray(np.clip(light * (1 - 0.8 * ink), 0, 255).astype(np.uint8))


@needs_model
@pytest.mark.parametrize("margin", [0, 5, 14])
@pytest.mark.parametrize("pen", [3, 5])
@pytest.mark.parametrize("digit", STROKES)
def test_tight_crop(read_one, digit, pen, margin):
    """A digit's own straight stroke that reaches nearly from edge to edge is no ruled line."""
    box = (margin, margin, 130, 210)
    page = drawn(digit, box=box, size=(130 + 2 * margin, 210 + 2 * margin), pen=pen)
    found, doubt = read_one(page)
    assert found == digit or doubt


@needs_model
@pytest.mark.parametrize("angle", [30, 50])
@pytest.mark.parametrize("length", [0.3, 0.5])
def test_one_with_an_upstroke(read_one, angle, length):
    """A 1 with an upstroke and no base is not surely a 7."""
    page = Image.new("L", (120, 120), 250)
    x, y = np.cos(np.radians(angle)) * 80 * length, np.sin(np.radians(angle)) * 80 * length
    ImageDraw.Draw(page).line([(70 - x, 20 + y), (70, 20), (70, 100)], fill=20, width=5)
    found, doubt = read_one(page)
    assert found == 1 or doubt


@needs_model
@pytest.mark.parametrize("half", [0, 6, 16, 24])
def test_zero_with_a_dash(read_one, half):
    """A ring around a short bar is a 0 with a dash, not a 1 in a frame."""
    page = Image.new("L", (120, 140), 245)
    drawing = ImageDraw.Draw(page)
    drawing.ellipse((30, 20, 90, 120), outline=30, width=8)
    drawing.line((60, 70 - half, 60, 70 + half), fill=30, width=8)
    found, doubt = read_one(page)
    assert found == 0 or doubt
    assert found == 0 or half > 10


@needs_model
@pytest.mark.parametrize("left", [12, 40])
def test_digit_at_the_edge(read_one, left):
    """A digit that touches the edge is not left out silently."""
    page = Image.new("L", (300, 300), 245)
    drawing = ImageDraw.Draw(page)
    drawing.line((left, 0, left, 230), fill=30, width=26)
    drawing.ellipse((130, 60, 260, 240), outline=30, width=26)
    assert read_one(page)[1]


@needs_model
@pytest.mark.parametrize("digit", [2, 3, 5])
@pytest.mark.parametrize(("shade", "blur"), [(0.6, 2), (0.8, 8)])
def test_shadow_across_the_digit(read_one, digit, shade, blur):
    """The edge of a shadow that crosses the digit is no ink."""
    y, x = np.mgrid[:400, :400]
    light = 210 * np.where(y + 0.3 * x > 270, 1.0, shade)
    light = ndimage.gaussian_filter(light, blur)
    assert read_one(on_paper(printed(digit), light)) == (digit, "")


@needs_model
@pytest.mark.parametrize("digit", [2, 5])
def test_ink_of_the_same_luminance(read_one, digit):
    """Red on green of the same luminance is found in a colour channel, also with transparency."""
    ink = printed(digit)[..., np.newaxis]
    colours = (ink * [200, 80, 60] + (1 - ink) * [60, 150, 40]).astype(np.uint8)
    image = Image.fromarray(colours)
    assert np.ptp(np.asarray(image.convert("L"))) < 10
    assert read_one(image) == (digit, "")
    assert read_one(image.convert("RGBA")) == (digit, "")


@needs_model
@pytest.mark.parametrize("digit", [2, 3, 5])
@pytest.mark.parametrize("line", [3, 6])
def test_outlines(read_one, digit, line):
    """A digit drawn by its outlines is read by its strokes."""
    broad = ndimage.binary_dilation(printed(digit) > 0.5, iterations=10)
    outlines = broad & ~ndimage.binary_erosion(broad, iterations=line)
    found, doubt = read_one(on_paper(outlines.astype(float)))
    assert found == digit or doubt


@needs_model
@pytest.mark.parametrize("digit", [2, 7])
def test_turned_sheet(read_one, digit):
    """A sheet that is turned by 45 degrees has no upper side: the answer is marked."""
    sheet = on_paper(printed(digit))
    turned = sheet.rotate(45, Image.Resampling.BILINEAR, expand=True)
    mask = Image.new("L", sheet.size, 255).rotate(45, expand=True)
    table = Image.new("L", (800, 800), 15)
    table.paste(turned, (110, 130), mask)
    assert read_one(table)[1]


@needs_model
@pytest.mark.parametrize("digit", [3, 4, 8])
def test_strip_of_the_table(read_one, digit):
    """A strip of the table beside the sheet is no ink."""
    page = np.array(on_paper(printed(digit)))
    page[:, :45] = 95
    assert read_one(Image.fromarray(page)) == (digit, "")


def text_page():
    """Draw a page full of writing."""
    page = Image.new("L", (600, 800), 240)
    for row in range(20, 780, 40):
        text = "What is written here is no digit"
        ImageDraw.Draw(page).text((20, row), text, fill=40, font=ImageFont.load_default(34))
    return np.asarray(page)


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (np.full((300, 300), 200, np.uint8), "no ink: the picture is blank"),
        (text_page(), "too much for one digit: many strokes"),
        (np.uint8(200 - 9 * printed(3)), "too faint: nothing is clearly darker"),
    ],
    ids=["blank", "full", "faint"],
)
def test_reason(page, reason):
    """A picture without a readable digit is refused with the true reason."""
    with pytest.raises(UserError) as error:
        candidates(page)
    assert str(error.value).startswith(reason)
