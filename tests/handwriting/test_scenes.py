"""Photographed scenes: a digit on a sheet, in a circle or near the edge; letters and shadows."""

import itertools
from functools import partial

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from digits.handwriting.pictures import Picture
from digits.handwriting.reading import find, read
from digits.inference import MODEL, Recognizer
from tests.project import ROOT

pytestmark = pytest.mark.skipif(
    not (ROOT / MODEL).is_file(), reason="needs models/mnist.onnx: make repro makes it"
)
DIGITS = (2, 3, 5, 7)


@pytest.fixture(scope="module")
def recognizer():
    """Load the model that the pipeline trained."""
    return Recognizer(ROOT / MODEL)


def page(digit, *, side=400, size=200, paper=245, dark=40):
    """Draw a digit in the middle of a page."""
    image = Image.new("L", (side, side), paper)
    font = ImageFont.load_default(size)
    place = (side / 2, side / 2)
    ImageDraw.Draw(image).text(place, str(digit), fill=dark, font=font, anchor="mm")
    return image


def on_table(digit, *, turn=0, level=90):
    """Put a sheet on a darker table."""
    sheet = page(digit, side=460)
    table = Image.new("L", (700, 760), level)
    mask = Image.new("L", sheet.size, 255).rotate(turn, expand=True)
    table.paste(sheet.rotate(turn, Image.Resampling.BILINEAR, expand=True), (80, 95), mask)
    return table


def on_note(digit):
    """Write a digit on a coloured note on white paper."""
    image = page(digit, paper=164)
    framed = Image.new("L", (480, 470), 250)
    framed.paste(image.crop((40, 60, 340, 360)), (90, 85))
    return framed


def with_lines(draw_lines):
    """Return a function that draws lines around or below a digit."""

    def scene(digit):
        image = page(digit, size=180)
        draw_lines(ImageDraw.Draw(image))
        return image

    return scene


def corner_of_a_cell(draw):
    """Draw two lines of a form, from edge to edge."""
    draw.line((22, 0, 26, 400), fill=20, width=8)
    draw.line((0, 20, 400, 24), fill=20, width=8)


def with_glare(digit):
    """Draw a whiteboard with the reflection of a lamp beside the digit."""
    y, x = np.mgrid[-1:1:400j, -1:1:400j]
    glare = 85 * np.exp(-((x + 0.6) ** 2 + (y + 0.55) ** 2) / 0.04)
    board = np.asarray(page(digit, paper=165, dark=60), float) + glare
    return Image.fromarray(board.clip(0, 255).astype(np.uint8))


def crop(digit, *, side=28):
    """Crop to the digit and scale down, as in many data sets."""
    image = page(digit)
    box = Image.eval(image, lambda level: 255 * (level < 128)).getbbox()
    small = image.crop(box)
    small.thumbnail((side, side), Image.Resampling.BOX)
    return small


SCENES = {
    "sheet on a table": on_table,
    "askew": partial(on_table, turn=8),
    "askew the other way, on a light table": partial(on_table, turn=-11, level=140),
    "coloured note": on_note,
    "circle": with_lines(lambda draw: draw.ellipse((30, 25, 370, 375), outline=40, width=6)),
    "open circle": with_lines(lambda draw: draw.arc((30, 25, 370, 375), 2, 358, fill=40, width=6)),
    "box": with_lines(lambda draw: draw.rectangle((50, 40, 350, 360), outline=40, width=8)),
    "corner of a cell": with_lines(corner_of_a_cell),
    "line below": with_lines(lambda draw: draw.line((90, 350, 310, 352), fill=40, width=9)),
    "bar of a telephone": with_lines(lambda draw: draw.line((130, 385, 270, 385), fill=0, width=7)),
    "reflection": with_glare,
    "crop": crop,
    "crop of 16 pixels": partial(crop, side=16),
    "inverted crop": lambda digit: Image.eval(crop(digit), lambda level: 255 - level),
}


def readings_of(images, recognizer):
    """Read pictures together, which takes far less time than one by one."""
    return list(read([("", partial(Picture, np.asarray(image))) for image in images], recognizer))


@pytest.fixture(scope="module")
def scene_readings(recognizer):
    """Read all four digits of all scenes: a dict from the scene to its readings."""
    images = [scene(digit) for scene in SCENES.values() for digit in DIGITS]
    readings = iter(readings_of(images, recognizer))
    return {name: list(itertools.islice(readings, len(DIGITS))) for name in SCENES}


@pytest.mark.parametrize("scene", SCENES)
def test_scenes_are_read(scene, scene_readings):
    """All four digits of a scene are read correctly, at most one with a doubt."""
    readings = scene_readings[scene]
    assert [reading.error or reading.ranking[0] for reading in readings] == list(DIGITS)
    assert sum(bool(reading.doubt) for reading in readings) <= 1, readings


def test_half_at_the_edge(recognizer):
    """An open 4 with one half at the edge is a 4 or doubtful, not a certain 1."""
    image = Image.new("L", (400, 300), 250)
    draw = ImageDraw.Draw(image)
    draw.line([(190, 0), (120, 150), (215, 140)], fill=60, width=16, joint="curve")
    draw.line([(300, 40), (225, 240)], fill=60, width=16)
    (reading,) = readings_of([image], recognizer)
    assert reading.ranking[0] == 4 or reading.doubt


def test_blank_pages(recognizer):
    """A shadow on a blank page and a blank sheet on a table are no ink, or doubtful."""
    y, x = np.mgrid[:600, :600]
    level = np.where(x + y > 760, 110.0, 245.0) + np.random.default_rng(0).normal(0, 3, (600, 600))
    shadow = Image.fromarray(level.clip(0, 255).astype(np.uint8))
    pages = [shadow.filter(ImageFilter.GaussianBlur(3)), on_table(" ", turn=5)]
    for reading in readings_of(pages, recognizer):
        assert reading.error.startswith("no ink") or reading.doubt


def test_letters_are_doubtful(recognizer):
    """At least two thirds of the letters that do not resemble digits are doubtful."""
    readings = readings_of(map(page, "AEFHKMNPRUVWX"), recognizer)
    assert sum(bool(reading.doubt) for reading in readings) >= 9, [r.doubt for r in readings]


def saved(folder, name, image, **options):
    """Save an image and return what ``find`` yields for it."""
    path = folder / name
    image.save(path, **options)
    return list(find([str(path)]))


def test_translucent_ink(tmp_path, recognizer):
    """Ink is read at any opacity."""
    entries = []
    for opacity, level in itertools.product([20, 60, 120, 200, 255], [0, 255]):
        mask = page(7, paper=0, dark=opacity)
        image = Image.merge("LA", (Image.new("L", mask.size, level), mask)).convert("RGBA")
        entries += saved(tmp_path, f"{level} {opacity}.png", image)
    assert {(r.ranking[0], r.doubt) for r in read(entries, recognizer)} == {(7, "")}


def test_several_pages(tmp_path, recognizer):
    """The first page with ink is read, and the doubt says how many pages there are."""
    entries = []
    for kind, texts in itertools.product(["tif", "gif", "webp", "png"], ["724", " 74"]):
        first, *others = [page(text, size=180) for text in texts]
        entries += saved(tmp_path, f"{texts}.{kind}", first, save_all=True, append_images=others)
    readings = list(read(entries, recognizer))
    assert {(r.ranking[0], r.doubt) for r in readings} == {(7, "one of 3 pages")}


def test_dib(tmp_path, recognizer):
    """A bitmap without a file header is read."""
    (reading,) = read(saved(tmp_path, "7.dib", page(7), format="DIB"), recognizer)
    assert reading.ranking[0] == 7
