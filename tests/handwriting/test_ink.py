"""Ink: whatever the paper and the light, the digit comes out as MNIST would hold it."""

import functools
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from digits.errors import UserError
from digits.handwriting.ink import candidates, normalize
from digits.handwriting.recognizer import MODEL, Recognizer
from tests.project import ROOT
from tests.synthetic import draw_digits

IMAGES = ROOT / "data/prepared/validation_images.npy"
PREDICTIONS = ROOT / "plots/predictions.csv"
SIDE = 300
ALIKE = 0.85  # correlation; that of a 3 and an 8 is as much, so that the others are asked too
Y, X = np.mgrid[:SIDE, :SIDE]
RANDOM = np.random.default_rng(0)


def ink_of(digit, *, size=170, side=SIDE):
    """Draw a digit: float (side, side), 1 where there is ink."""
    page = Image.new("L", (side, side))
    font = ImageFont.load_default(size)
    ImageDraw.Draw(page).text((side / 2, side / 2), str(digit), fill=255, font=font, anchor="mm")
    return np.asarray(page) / 255


def on(paper, ink, *, dark=30):
    """Put ink on paper, a number or an array: uint8."""
    return np.clip(paper * (1 - ink) + dark * ink, 0, 255).astype(np.uint8)


def likeness(one, other):
    """Correlate two images, each moved by up to a pixel: shift by rounding is no difference."""
    moved = [np.roll(one, (dy, dx), (0, 1)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    return max(np.corrcoef(image.ravel(), other.ravel())[0, 1] for image in moved)


@functools.cache
def clean(digit):
    """Give what black ink on white paper comes to."""
    return normalize(on(255, ink_of(digit), dark=0))


def check_form(image):
    """Check what holds for each image: size, type, a box of 20 pixels, mass in the centre."""
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    assert image.max() > 200
    rows, columns = ndimage.find_objects((image > 0).astype(int))[0]
    assert 19 <= max(rows.stop - rows.start, columns.stop - columns.start) <= 20
    centre = np.array(ndimage.center_of_mass(image))
    touching = rows.start == 0 or columns.start == 0 or rows.stop == 28 or columns.stop == 28
    assert touching or np.abs(centre - 14).max() <= 0.51  # as MNIST has it


def check_is(image, digit):
    """Check that an image is very like the clean digit, and more so than like any other."""
    likenesses = [likeness(image, clean(other)) for other in range(10)]
    assert np.argmax(likenesses) == digit
    assert likenesses[digit] > ALIKE


def rules(spacing, level, *, slope=0.0, thickness=2):
    """Draw horizontal rules of a luminance on paper of 240."""
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
    """Cut all paper around."""
    (box,) = ndimage.find_objects((ink > 0.5).astype(int))
    return ink[box]


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
def test_paper_makes_no_difference(paper, digit):
    """The digit comes out as from black ink on white paper, whatever it is on."""
    image = normalize(paper(ink_of(digit)))
    check_form(image)
    check_is(image, digit)


@pytest.mark.parametrize("side", [40, 64, 300, 1500])
@pytest.mark.parametrize("digit", [2, 4, 8])
def test_size_makes_no_difference(side, digit):
    """Small and large pictures of one digit come out alike."""
    image = normalize(on(255, ink_of(digit, size=side * 0.6, side=side)))
    check_form(image)
    check_is(image, digit)


@pytest.mark.parametrize("width", [1, 2, 40, 60])
def test_strokes_come_out_as_wide_as_those_of_mnist(width):
    """A hair and a broad marker are both drawn with strokes of 2 to 5 pixels."""
    page = Image.new("L", (SIDE, SIDE), 255)
    ImageDraw.Draw(page).line([(60, 60), (240, 60), (120, 250)], fill=0, width=width, joint="curve")
    image = normalize(np.asarray(page))
    check_form(image)
    large = image.repeat(8, 0).repeat(8, 1) > 100
    assert 1.5 < 4 * ndimage.distance_transform_edt(large)[large].mean() / 8 < 5.5
    assert ndimage.label(image > 60, np.ones((3, 3)))[1] == 1


def test_fine_stroke_of_a_broad_one_stays():
    """A hairline that is paler than the rest is not lost."""
    page = Image.new("L", (SIDE, SIDE), 255)
    drawing = ImageDraw.Draw(page)
    drawing.line([(150, 60), (150, 240)], fill=0, width=14)
    drawing.line([(60, 60), (150, 60)], fill=120, width=2)
    image = normalize(np.asarray(page))
    rows, columns = ndimage.find_objects((image > 60).astype(int))[0]
    assert columns.stop - columns.start >= 9


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("form", ["as it is", "dark on light", "float"])
def test_image_of_mnist_stays_as_it_is(digit, form):
    """What is already so comes back to the byte, light on dark even if it was dark on light."""
    image = clean(digit)
    given_image = {"as it is": image, "dark on light": 255 - image, "float": image / 255}[form]
    np.testing.assert_array_equal(normalize(given_image), image)


def test_bar_of_a_tight_7_is_no_rule():
    """A line from edge to edge belongs to the digit if the rest of it reaches the edge too."""
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
    """Where there is nothing to read, one line says so."""
    with pytest.raises(UserError, match="^no ink: ") as caught:
        normalize(grey)
    assert "\n" not in str(caught.value)


def test_colours_are_a_bug():
    """An array that is not luminance is not guessed at."""
    with pytest.raises(ValueError, match=r"luminance must be \(height, width\)"):
        normalize(np.zeros((28, 28, 3), np.uint8))


SHAPES = st.tuples(st.integers(0, 60), st.integers(0, 60))


@settings(max_examples=300, deadline=None, derandomize=True)
@example(np.array([[1e-45, 0], [0, 0]], np.float32))  # less range than a histogram can cut
@given(
    grey=st.one_of(
        arrays.arrays(np.uint8, SHAPES),
        arrays.arrays(np.float32, SHAPES, elements=st.floats(width=32)),
    )
)
def test_any_array(grey):
    """Any array gives an image of MNIST's size or a readable error, and is not changed."""
    before = grey.copy()
    try:
        image = normalize(grey)
    except UserError as error:
        assert str(error).startswith("no ink: ")
    else:
        assert image.shape == (28, 28)
        assert image.dtype == np.uint8
        assert image.max() > 0
    np.testing.assert_array_equal(grey, before)


@pytest.mark.parametrize("digit", range(10))
def test_broad_marker(digit):
    """What a broad marker wrote is ink, with nothing beside it that could be meant."""
    width = 35  # pixels that it adds to strokes
    disk = np.hypot(*np.mgrid[-width : width + 1, -width : width + 1]) <= width / 2
    fat = ndimage.grey_dilation(ink_of(digit), footprint=disk)
    assert len(candidates(on(240, fat))) == 1


def test_large_is_quick_and_the_same():
    """Same picture, same bytes: nothing is drawn by lot."""
    grey = PAPERS["shadow"](ink_of(5))
    np.testing.assert_array_equal(normalize(grey), normalize(grey.copy()))


def test_drawn_digits_of_28_pixels():
    """Pictures of 28 by 28 that are not centred are, in either polarity."""
    images, _ = draw_digits(30, seed=0)
    for image in images:
        light, dark = normalize(image), normalize(255 - image)
        check_form(light)
        assert likeness(light, dark) > 0.97


def test_no_tensorflow():
    """Importing ink and recognizer costs no import of TensorFlow, Keras or matplotlib."""
    program = (
        "import sys\n"
        "from digits.handwriting import ink, pictures, recognizer\n"
        "print({'tensorflow', 'keras', 'matplotlib', 'sklearn'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


needs_model = pytest.mark.skipif(
    not ((ROOT / MODEL).is_file() and IMAGES.is_file()),
    reason="needs models/mnist.keras and data/prepared: make repro makes them",
)


@needs_model
def test_validation_images_are_read_as_in_the_evaluation():
    """MNIST's own images, through ink, are read as plots/predictions.csv says: 99.5 % at least."""
    images = np.load(IMAGES)
    predicted = pd.read_csv(PREDICTIONS).predicted
    seen = np.stack([normalize(image) for image in images])
    assert (digits_read(seen) == predicted).mean() >= 0.995


@needs_model
@pytest.mark.parametrize("form", ["enlarged", "dark on light with a margin"])
def test_other_forms_of_validation_images_are_read_as_well(form):
    """Enlarged ten times, or as ink on a white page, 98 % of 200 are read as before."""
    images = np.load(IMAGES)[:200]
    predicted = pd.read_csv(PREDICTIONS).predicted[:200]
    change = {
        "enlarged": lambda image: np.asarray(Image.fromarray(image).resize((280, 280))),
        "dark on light with a margin": lambda image: 255 - np.pad(image, 20),
    }[form]
    seen = np.stack([normalize(change(image)) for image in images])
    assert (digits_read(seen) == predicted).mean() >= 0.98


def digits_read(seen):
    """Ask the model that the pipeline trained."""
    return Recognizer(ROOT / MODEL).probabilities(seen).argmax(axis=1)
