"""Pictures of a digit on any paper and in any light are normalized to MNIST's form."""

import functools

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from digits.errors import UserError
from digits.handwriting.normalize import candidates
from digits.inference import MODEL, Recognizer
from tests.handwriting import normalize
from tests.project import ROOT
from tests.synthetic import draw_digits

IMAGES = ROOT / "data/prepared/validation_images.npy"
PREDICTIONS = ROOT / "plots/predictions.csv"
SIDE = 300
MIN_CORRELATION = 0.85  # a 3 and an 8 have as much, so other digits must have less
# In `make test` two digits, in `make test-all` all.
SOME_DIGITS = [
    digit if digit in (3, 4) else pytest.param(digit, marks=pytest.mark.slow) for digit in range(10)
]
Y, X = np.mgrid[:SIDE, :SIDE]
RANDOM = np.random.default_rng(0)


def ink_of(digit, *, size=170, side=SIDE):
    """Draw a digit: float (side, side), 1 where there is ink."""
    page = Image.new("L", (side, side))
    font = ImageFont.load_default(size)
    ImageDraw.Draw(page).text((side / 2, side / 2), str(digit), fill=255, font=font, anchor="mm")
    return np.asarray(page) / 255


def on(paper, ink, *, dark=30):
    """Put ink on paper, a luminance or an array of it: uint8."""
    return np.clip(paper * (1 - ink) + dark * ink, 0, 255).astype(np.uint8)


def likeness(one, other):
    """Return the highest correlation of two images shifted by up to a pixel (rounding)."""
    moved = [np.roll(one, (dy, dx), (0, 1)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    return max(np.corrcoef(image.ravel(), other.ravel())[0, 1] for image in moved)


@functools.cache
def clean(digit):
    """Normalize black ink on white paper."""
    return normalize(on(255, ink_of(digit), dark=0))


def check_form(image):
    """Check shape, dtype, a bounding box of 20 pixels, and a centred centre of mass."""
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    assert image.max() > 200
    rows, columns = ndimage.find_objects((image > 0).astype(int))[0]
    assert 19 <= max(rows.stop - rows.start, columns.stop - columns.start) <= 20
    centre = np.array(ndimage.center_of_mass(image))
    touching = rows.start == 0 or columns.start == 0 or rows.stop == 28 or columns.stop == 28
    assert touching or np.abs(centre - 14).max() <= 0.51  # like MNIST


def check_is(image, digit):
    """Check that an image resembles the clean digit more than any other."""
    likenesses = [likeness(image, clean(other)) for other in range(10)]
    assert np.argmax(likenesses) == digit
    assert likenesses[digit] > MIN_CORRELATION


def rules(spacing, level, *, slope=0.0, thickness=2):
    """Draw horizontal lines on paper with luminance 240."""
    return np.where((Y + slope * X) % spacing < thickness, level, 240)


PAPERS = {
    "black on white": lambda ink: on(255, ink, dark=0),
    "white on black": lambda ink: on(0, ink, dark=255),
    "pencil": lambda ink: on(230, ink, dark=190),
    "chalk": lambda ink: on(60, ink, dark=150),
    "light from the left": lambda ink: on(250, ink) * np.linspace(1, 0.35, SIDE),
    "light from above": lambda ink: on(50, ink, dark=230) * np.linspace(1, 0.4, SIDE)[:, None],
    "shadow": lambda ink: on(230, ink) * np.where(X + 0.3 * Y > 200, 0.55, 1.0),
    "vignette": lambda ink: on(230, ink) * (1 - ((X / 150 - 1) ** 2 + (Y / 150 - 1) ** 2) / 3),
    "noise": lambda ink: np.clip(on(220, ink) + RANDOM.normal(0, 25, ink.shape), 0, 255),
    "salt and pepper": lambda ink: np.where(
        RANDOM.random(ink.shape) < 0.01, RANDOM.choice([0, 255], ink.shape), on(200, ink)
    ),
    "specks": lambda ink: on(240, np.maximum(ink, ((X % 70 < 4) & (Y % 220 < 4)))),
    "rules": lambda ink: on(rules(40, 150), ink),
    "dark rules askew": lambda ink: on(rules(50, 40, slope=0.03), ink),
    "squares": lambda ink: on(np.minimum(rules(45, 120), rules(45, 120).T), ink),
    "frame": lambda ink: np.where(np.abs([X - 150, Y - 150]).max(0) > 143, 0, on(240, ink)),
    "bar at one side": lambda ink: np.where(X < 12, 20, on(240, ink)),
    "tight": lambda ink: on(255, cropped(ink)),
    "wide": lambda ink: on(240, np.pad(ink, ((0, 0), (0, 500)))),
    "tall": lambda ink: on(240, np.pad(ink, ((900, 0), (0, 0)))),
    "small on a large page": lambda ink: on(240, np.pad(ink, ((2000, 300), (100, 2200)))),
    "from 0 to 1": lambda ink: 1 - ink,
}  # fmt: skip


def cropped(ink):
    """Crop to the ink."""
    (box,) = ndimage.find_objects((ink > 0.5).astype(int))
    return ink[box]


@pytest.mark.parametrize("digit", SOME_DIGITS)
@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
def test_paper_makes_no_difference(paper, digit):
    """The result resembles that of black ink on white paper."""
    image = normalize(paper(ink_of(digit)))
    check_form(image)
    check_is(image, digit)


@pytest.mark.parametrize("side", [40, 64, 300, 1500])
@pytest.mark.parametrize("digit", [2, 4, 8])
def test_size_makes_no_difference(side, digit):
    """Small and large pictures of a digit give similar results."""
    image = normalize(on(255, ink_of(digit, size=side * 0.6, side=side)))
    check_form(image)
    check_is(image, digit)


@pytest.mark.parametrize("width", [1, 2, 40, 60])
def test_stroke_width(width):
    """Hairlines and broad strokes both become strokes of 2 to 5 pixels."""
    page = Image.new("L", (SIDE, SIDE), 255)
    ImageDraw.Draw(page).line([(60, 60), (240, 60), (120, 250)], fill=0, width=width, joint="curve")
    image = normalize(np.asarray(page))
    check_form(image)
    large = image.repeat(8, 0).repeat(8, 1) > 100
    assert 1.5 < 4 * ndimage.distance_transform_edt(large)[large].mean() / 8 < 5.5
    assert ndimage.label(image > 60, np.ones((3, 3)))[1] == 1


def test_fine_stroke_stays():
    """A pale hairline that is connected to a broad stroke is kept."""
    page = Image.new("L", (SIDE, SIDE), 255)
    drawing = ImageDraw.Draw(page)
    drawing.line([(150, 60), (150, 240)], fill=0, width=14)
    drawing.line([(60, 60), (150, 60)], fill=120, width=2)
    image = normalize(np.asarray(page))
    rows, columns = ndimage.find_objects((image > 60).astype(int))[0]
    assert columns.stop - columns.start >= 9


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("form", ["unchanged", "dark on light", "float"])
def test_mnist_form_is_unchanged(digit, form):
    """An image in MNIST's form is returned unchanged, or inverted if it is dark on light."""
    image = clean(digit)
    given_image = {"unchanged": image, "dark on light": 255 - image, "float": image / 255}[form]
    np.testing.assert_array_equal(normalize(given_image), image)


def test_bar_of_a_tight_7_is_not_a_ruled_line():
    """A line from edge to edge is kept if the rest of the digit reaches the edge too."""
    page = np.full((200, 120), 255, np.uint8)
    page[:4] = 0
    for row in range(200):
        start = int(108 * (1 - row / 200))
        page[row, start : start + 12] = 0
    image = normalize(page)
    rows, columns = ndimage.find_objects((image > 60).astype(int))[0]
    assert (image[rows.start : rows.start + 2].max(axis=0) > 60).sum() >= 10  # 12 wide


NOTHING = {
    "white": np.full((100, 80), 255, np.uint8),
    "black": np.zeros((100, 80), np.uint8),
    "grey": np.full((100, 80), 0.5),
    "28 by 28": np.zeros((28, 28), np.uint8),
    "light": np.tile(np.linspace(60, 250, 300), (200, 1)),
    "noise": np.random.default_rng(1).normal(128, 20, (300, 300)).clip(0, 255),
    "rules": rules(40, 120),
    "almost nothing": np.where((X > 100) & (X < 110) & (Y > 80) & (Y < 200), 250, 255),
    "a point": np.zeros((1, 1), np.uint8),
    "a line": np.arange(50, dtype=np.uint8)[None],
    "empty": np.zeros((0, 5), np.uint8),
    "not a number": np.full((50, 50), np.nan),
    "infinite": np.full((50, 50), np.inf),
}


@pytest.mark.parametrize("grey", NOTHING.values(), ids=NOTHING)
def test_no_ink_is_an_error(grey):
    """A picture without ink is an error of one line."""
    with pytest.raises(UserError, match="^no ink: ") as caught:
        normalize(grey)
    assert "\n" not in str(caught.value)


def test_colours():
    """An array with three dimensions is a ValueError."""
    with pytest.raises(ValueError, match=r"luminance must be \(height, width\)"):
        normalize(np.zeros((28, 28, 3), np.uint8))


SHAPES = st.tuples(st.integers(0, 60), st.integers(0, 60))


@settings(max_examples=min(300, settings.default.max_examples))  # large arrays are slow
@example(np.array([[1e-45, 0], [0, 0]], np.float32))  # a range too small for a histogram
@given(
    grey=st.one_of(
        arrays.arrays(np.uint8, SHAPES),
        arrays.arrays(np.float32, SHAPES, elements=st.floats(width=32)),
    )
)
def test_any_array(grey):
    """Any array gives an image of MNIST's size or a UserError, and is not modified."""
    before = grey.copy()
    try:
        image = normalize(grey)
    except UserError as error:
        assert str(error).startswith(("no ink: ", "too faint: ", "too much for one digit: "))
    else:
        assert image.shape == (28, 28)
        assert image.dtype == np.uint8
        assert image.max() > 0
    np.testing.assert_array_equal(grey, before)


@pytest.mark.parametrize("digit", SOME_DIGITS)
def test_broad_marker(digit):
    """Strokes of a broad marker give a single candidate."""
    width = 35  # pixels added to the strokes
    disk = np.hypot(*np.mgrid[-width : width + 1, -width : width + 1]) <= width / 2
    fat = ndimage.grey_dilation(ink_of(digit), footprint=disk)
    assert len(candidates(on(240, fat))) == 1


def test_deterministic():
    """The same picture gives the same bytes."""
    grey = PAPERS["shadow"](ink_of(5))
    np.testing.assert_array_equal(normalize(grey), normalize(grey.copy()))


def test_drawn_digits_of_28_pixels():
    """Pictures of 28 by 28 pixels are centred, in either polarity."""
    images, _ = draw_digits(10, seed=0)
    for image in images:
        light, dark = normalize(image), normalize(255 - image)
        check_form(light)
        assert likeness(light, dark) > 0.97


needs_model = pytest.mark.skipif(
    not ((ROOT / MODEL).is_file() and IMAGES.is_file()),
    reason="needs models/mnist.keras and data/prepared: make repro makes them",
)


@needs_model
@pytest.mark.parametrize("count", [1000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_validation_images(count):
    """At least 99.5 % of the validation images get the same prediction as in evaluate."""
    images = np.load(IMAGES)[:count]
    predicted = pd.read_csv(PREDICTIONS).predicted[:count]
    seen = np.stack([normalize(image) for image in images])
    assert (digits_read(seen) == predicted).mean() >= 0.995


@needs_model
@pytest.mark.parametrize(
    "form",
    ["enlarged", pytest.param("dark on light with a margin", marks=pytest.mark.slow)],
)
def test_other_forms_of_validation_images(form):
    """Enlarged or inverted, at least 98 % of 100 images get the same prediction."""
    images = np.load(IMAGES)[:100]
    predicted = pd.read_csv(PREDICTIONS).predicted[:100]
    change = {
        "enlarged": lambda image: np.asarray(Image.fromarray(image).resize((280, 280))),
        "dark on light with a margin": lambda image: 255 - np.pad(image, 20),
    }[form]
    seen = np.stack([normalize(change(image)) for image in images])
    assert (digits_read(seen) == predicted).mean() >= 0.98


def digits_read(seen):
    """Ask the model that the pipeline trained."""
    return Recognizer(ROOT / MODEL).predict(seen)[0].argmax(axis=1)
