"""Accuracy of reading pictures of digits that do not come from MNIST.

Run it after ``make repro``:

    python -m benchmarks.handwriting

Digits are drawn with free fonts and taken from enlarged validation images. DejaVu comes with
matplotlib, the other fonts with the Debian packages named below. Each group changes the pictures in
one way. Three more groups hold pictures that are not a digit, and one the unchanged validation
images. The results, a row per group, go to benchmarks/results/handwriting.csv.
"""

import gzip
import io
import itertools
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import font_manager, get_data_path
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from digits.atomic_write import atomic_write
from digits.cli import run
from digits.dataset.arrays import load_pair
from digits.errors import UserError
from digits.evaluation.scoring import wilson_interval
from digits.handwriting.pictures import Picture
from digits.handwriting.reading import read
from digits.inference import Recognizer

SEED = 0
TABLE = Path("benchmarks/results/handwriting.csv")
CROSSED = "zero with a dash"
HANDWRITTEN = 300  # validation images per group
CLOTHES = Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")
CLOTHES_COUNT = 2000  # test images of Fashion-MNIST
DRAWINGS = 2  # of each digit by each font per group
FONTS = [  # plain fonts, then handwriting fonts
    "DejaVuSans.ttf",
    "DejaVuSans-Oblique.ttf",
    "DejaVuSerif.ttf",
    "DejaVuSansMono.ttf",
    "LiberationSans-Regular.ttf",  # fonts-liberation
    "LiberationSerif-Italic.ttf",
    "FreeSans.ttf",  # fonts-freefont-ttf
    "ComicNeue-Regular.otf",  # fonts-comic-neue
    "Humor-Sans.ttf",  # fonts-humor-sans
    "Breip.ttf",  # fonts-breip
    "dkg.ttf",  # fonts-dkg-handwriting
    "DancingScript-Regular.otf",  # fonts-dancingscript
    "Kristi.ttf",  # fonts-kristi
    "KleeOne-Regular.ttf",  # fonts-klee
    "Ecolier-court.ttf",  # fonts-ecolier-court
    "BecauseWeLearn-Regular.otf",  # fonts-bwht
]


def main():
    """Draw and read all groups; write and print the table."""
    recognizer = Recognizer()
    rows = []
    for group, digits, actual, pictures in draw_groups():
        row = figures(actual, pictures, recognizer)
        if group in (*GROUPS, CROSSED):
            print(f"{group}, {digits}: {row['right']} of {len(actual)} right", flush=True)
        else:
            row = {key: row[key] for key in ("pictures", "unsure", "sure_wrong")}
        rows.append({"group": group, "digits": digits, **row})
    table = pd.DataFrame(rows).astype({"right": "Int64"})  # which holds missing values
    with atomic_write() as new:
        table.to_csv(new(TABLE), index=False, float_format="%.4f", lineterminator="\n")
    print(table.to_string(index=False, float_format="%.4f"))


def draw_groups():
    """Draw everything; yield (group, where its digits come from, actual digits, pictures)."""
    fonts, clothes = find_fonts(), read_clothes()  # errors before minutes of work
    images, labels = load_pair(Path("data/prepared"), "validation")
    for number, (group, change) in enumerate(GROUPS.items()):
        random = np.random.default_rng([SEED, number])
        kinds = list(itertools.product(fonts, range(10), range(DRAWINGS)))
        printed = [draw_font(str(digit), font, random) for font, digit, _ in kinds]
        chosen = random.choice(len(images), HANDWRITTEN, replace=False)
        written = [enlarge(images[index], random) for index in chosen]
        actual = [digit for _, digit, _ in kinds]
        yield group, "fonts", actual, [change(ink, random) for ink in printed]
        actual = labels[chosen].tolist()
        yield group, "handwriting", actual, [change(ink, random) for ink in written]
    random = np.random.default_rng([SEED, len(GROUPS)])
    printed = [crossed(draw_font("0", font, random), random) for font in fonts for _ in range(10)]
    zeros = images[labels == 0][: len(printed)]
    written = [crossed(enlarge(image, random), random) for image in zeros]
    yield CROSSED, "fonts", [0] * len(printed), printed
    yield CROSSED, "handwriting", [0] * len(written), written
    yield "MNIST as it is", "MNIST", labels.tolist(), images
    pairs = random.choice(len(images), (HANDWRITTEN, 2))
    edges = [at_the_edge(*(enlarge(images[i], random) for i in pair), random) for pair in pairs]
    yield "two digits, one at the edge", "none", [None] * len(edges), edges
    for group, texts in NO_DIGIT.items():
        random = np.random.default_rng([SEED, group == "letters"])
        pictures = [on_paper(draw_font(text, font, random)) for font in fonts for text in texts]
        yield group, "none", [None] * len(pictures), pictures
    yield "clothes", "none", [None] * CLOTHES_COUNT, clothes[:CLOTHES_COUNT]


def figures(actual, pictures, recognizer):
    """Read pictures, uint8 (height, width), of digits; the actual digit of others is None.

    Returns a dict: pictures (their number), right, accuracy, low and high (its 95 % Wilson
    interval), unsure (doubtful or not read at all), sure_wrong (wrong without a doubt).
    """
    readings = list(read([("", partial(Picture, page)) for page in pictures], recognizer))
    pairs = zip(readings, actual, strict=True)
    right = np.array([not r.error and r.ranking[0] == digit for r, digit in pairs])
    sure = np.array([not (r.error or r.doubt) for r in readings])
    low, high = wilson_interval(int(right.sum()), len(pictures))
    return {
        "pictures": len(pictures),
        "right": int(right.sum()),
        "accuracy": right.mean(),
        "low": low,
        "high": high,
        "unsure": int((~sure).sum()),
        "sure_wrong": int((sure & ~right).sum()),
    }


def find_fonts():
    """Return the paths of the fonts; UserError if one is not installed."""
    own = font_manager.findSystemFonts([Path(get_data_path()) / "fonts" / "ttf"])
    installed = {Path(path).name: path for path in [*font_manager.findSystemFonts(), *own]}
    missing = [name for name in FONTS if name not in installed]
    if missing:
        raise UserError(f"fonts not installed: {', '.join(missing)}; see FONTS for their packages")
    return [installed[name] for name in FONTS]


def read_clothes():
    """Read the test images of Fashion-MNIST, uint8 (10000, 28, 28); UserError if not installed."""
    if not CLOTHES.is_file():
        raise UserError(f"{CLOTHES}: no such file; install the package dataset-fashion-mnist")
    content = gzip.decompress(CLOTHES.read_bytes())
    return np.frombuffer(content, np.uint8, offset=16).reshape(-1, 28, 28)  # after the header


def draw_font(text, font, random):
    """Draw text in the middle of a square page: float32 (side, side), 0 paper to 1 ink."""
    side = int(random.integers(150, 700))
    height = side * random.uniform(0.4, 0.75)
    page = Image.new("L", (side, side))
    face = ImageFont.truetype(font, height)
    ImageDraw.Draw(page).text((side / 2, side / 2), text, fill=255, font=face, anchor="mm")
    return np.asarray(page, np.float32) / 255


def enlarge(image, random):
    """Enlarge an MNIST image with sharp edges: float32 (side, side), 0 paper to 1 ink."""
    side = int(random.integers(150, 700))
    zoom = side * random.uniform(0.4, 0.75) / 20
    large = ndimage.gaussian_filter(ndimage.zoom(image.astype(np.float32), zoom, order=1), zoom / 3)
    large = np.clip((large - 110) / 35 + 0.5, 0, 1)
    large = np.pad(large, max(0, side - len(large) + 1) // 2)
    start = (len(large) - side) // 2
    return large[start : start + side, start : start + side]


def on_paper(ink, *, paper=255.0, dark=20.0):
    """Put ink (float, 0 to 1) on paper; luminances, which may be arrays, to uint8."""
    return rounded(paper * (1 - ink) + dark * ink)


def rounded(luminance):
    """Clip to 0 to 255 and round to uint8."""
    return np.rint(np.clip(luminance, 0, 255)).astype(np.uint8)


def plain(ink, _random):
    """Draw black ink on white paper."""
    return on_paper(ink)


def thick(ink, random):
    """Widen the strokes, up to twice, like a marker."""
    width = 4 * ndimage.distance_transform_edt(ink > 0.5)[ink > 0.5].mean()
    more = width * random.uniform(0.2, 0.5)
    return on_paper(soft(more - ndimage.distance_transform_edt(ink < 0.5)))


def thin(ink, random):
    """Thin the strokes, down to a third, like a sharp pencil."""
    depth = ndimage.distance_transform_edt(ink > 0.5)
    ridge = depth[(depth == ndimage.maximum_filter(depth, 5)) & (depth > 0)]
    return on_paper(soft(depth - np.quantile(ridge, 0.15) * random.uniform(0.4, 0.7)))


def soft(distance):
    """Convert the distance to the edge (pixels, positive inside) to ink with a grey edge."""
    return np.clip(distance + 0.5, 0, 1)


def rotated(ink, random):
    """Rotate by up to 15 degrees."""
    return on_paper(turned(ink, random.uniform(-15, 15)))


def turned(ink, degrees):
    """Rotate about the centre; the corners are filled with paper."""
    return np.clip(ndimage.rotate(ink, degrees, reshape=False, order=1), 0, 1)


def on_white(ink, random):
    """Draw dark grey ink on light grey paper."""
    return on_paper(ink, paper=random.uniform(180, 255), dark=random.uniform(0, 110))


def on_black(ink, random):
    """Draw light grey chalk on a dark board."""
    return on_paper(ink, paper=random.uniform(0, 70), dark=random.uniform(150, 255))


def lined_paper(ink, random):
    """Draw lined or squared paper, slightly rotated, with lines lighter than the ink."""
    height, width = ink.shape
    spacing = height * random.uniform(0.1, 0.3)
    thickness = max(1.0, height * random.uniform(0.003, 0.008))
    turn = np.radians(random.uniform(-1.5, 1.5))
    y, x = np.mgrid[:height, :width]
    offset = random.uniform(0, spacing)
    rules = (y * np.cos(turn) + x * np.sin(turn) + offset) % spacing < thickness
    if random.random() < 0.4:
        rules |= (x * np.cos(turn) - y * np.sin(turn) + offset) % spacing < thickness
    return on_paper(ink, paper=np.where(rules, random.uniform(130, 210), 245), dark=35)


def noise(ink, random):
    """Add the noise of a poor camera, and dust."""
    page = on_paper(ink, paper=230, dark=50) + random.normal(0, random.uniform(8, 25), ink.shape)
    dust = random.random(ink.shape)
    return rounded(np.where(dust < 0.001, 0, np.where(dust > 0.999, 255, page)))


def coordinates(shape):
    """Return y and x of each pixel, from -1 to 1: float (2, height, width)."""
    return np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]


def light(shape, random):
    """Return light that falls across the page: float (height, width), from 1 down to 0.4."""
    angle = random.uniform(0, 2 * np.pi)
    y, x = coordinates(shape)
    across = (x * np.cos(angle) + y * np.sin(angle)) / np.sqrt(2)
    return 1 - random.uniform(0.3, 0.6) * (across + 1) / 2


def light_gradient(ink, random):
    """Light the page from one side."""
    return rounded(on_paper(ink, paper=245, dark=40) * light(ink.shape, random))


def shadow(shape, random):
    """Return the shadow of a hand: float (height, width), 1 outside, 0.6 to 0.85 inside."""
    y, x = coordinates(shape)
    angle = random.uniform(0, 2 * np.pi)
    distance = x * np.cos(angle) + y * np.sin(angle) + 0.15 * np.sin(4 * x) - random.uniform(0, 0.6)
    return 1 - random.uniform(0.15, 0.4) * np.clip(distance / 0.1 + 0.5, 0, 1)


def phone_photo(ink, random):
    """Imitate a phone's photo: rotation, uneven light, shadow, blur, noise, JPEG artefacts."""
    ink = turned(ink, random.uniform(-8, 8))
    page = lined_paper(ink, random) if random.random() < 0.5 else on_paper(ink, paper=225, dark=60)
    page = page * light(ink.shape, random) * shadow(ink.shape, random)
    page = ndimage.gaussian_filter(page, len(ink) * random.uniform(0.001, 0.006))
    page = rounded(page + random.normal(0, random.uniform(2, 8), ink.shape))
    stored = io.BytesIO()
    Image.fromarray(page).save(stored, "JPEG", quality=int(random.integers(50, 90)))
    return np.asarray(Image.open(stored))


def sheet_on_a_table(ink, random):
    """Put a rotated sheet on a darker wooden table, lit from one side."""
    page = Image.fromarray(on_paper(ink, paper=random.uniform(200, 250), dark=50))
    turn = random.uniform(-12, 12)
    sheet = page.rotate(turn, Image.Resampling.BILINEAR, expand=True)
    mask = Image.new("L", page.size, 255).rotate(turn, expand=True)
    width, height = (int(side * random.uniform(1.1, 1.6)) for side in sheet.size)
    grain = np.cumsum(random.normal(0, 1.5, height))[:, None] + random.normal(0, 4, (height, width))
    table = Image.fromarray(rounded(random.uniform(60, 130) + grain))
    left = int(random.random() * (width - sheet.width))
    top = int(random.random() * (height - sheet.height))
    table.paste(sheet, (left, top), mask)
    return rounded(np.asarray(table) * light((height, width), random) * 1.2)


def coloured_note(ink, random):
    """Put a coloured note on white paper."""
    height, width = ink.shape
    inset = int(min(ink.shape) * random.uniform(0.02, 0.1))
    page = np.full(ink.shape, random.uniform(240, 255))
    page[inset : height - inset, inset : width - inset] = random.uniform(140, 200)
    return on_paper(ink, paper=page, dark=45)


def circle_or_box(ink, random):
    """Draw a circle or a box around the digit with the same pen."""
    y, x = np.abs(coordinates(ink.shape))
    radius = random.uniform(0.86, 0.93)
    distance = np.hypot(x, y) if random.random() < 0.5 else np.maximum(x, y)
    line = np.abs(distance - radius) < random.uniform(0.01, 0.03)
    return on_paper(np.maximum(ink, line), dark=40)


def cell_of_a_form(ink, random):
    """Draw the lines of a form near the edges."""
    page = on_paper(ink, dark=random.uniform(20, 100)).astype(float)
    line = max(1, int(len(ink) * random.uniform(0.01, 0.025)))
    for turned_page in (page, page.T, page[::-1], page.T[::-1]):
        if random.random() < 0.6:
            start = int(len(ink) * random.uniform(0, 0.08))
            turned_page[start : start + line] = 20
    return rounded(page)


def line_below(ink, random):
    """Draw a line below the digit, as a pen or a phone's navigation bar does."""
    height, width = ink.shape
    page = on_paper(ink, dark=30)
    top, left = int(height * random.uniform(0.9, 0.95)), int(width * random.uniform(0.1, 0.35))
    page[top : top + max(2, height // 60), left : width - left] = 30
    return page


def tight_crop(ink, random):
    """Crop to the digit and scale down, as in many data sets."""
    (box,) = ndimage.find_objects((ink > 0.5).astype(int))
    page = Image.fromarray(on_paper(ink[box]))
    longer = int(random.integers(16, 40))
    page.thumbnail((longer, longer), Image.Resampling.BOX)
    page = np.asarray(page)
    return page if random.random() < 0.5 else 255 - page


def reflection(ink, random):
    """Draw a whiteboard with the reflection of a lamp."""
    y, x = coordinates(ink.shape)
    centre = random.uniform(-0.7, 0.7, 2)
    glare = np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / random.uniform(0.03, 0.1))
    return rounded(on_paper(ink, paper=170, dark=60) + 85 * glare)


def thin_tight_crop(ink, random):
    """Draw a thin pen's digit that nearly reaches the edges."""
    page = thin(ink, random)
    (box,) = ndimage.find_objects((page < 128).astype(int))
    margin = int(len(page) * random.uniform(0, 0.05))
    return np.pad(page[box], margin, constant_values=255)


def shadow_edge(ink, random):
    """Draw the straight edge of a shadow across the digit."""
    y, x = coordinates(ink.shape)
    angle = random.uniform(0, 2 * np.pi)
    side = x * np.cos(angle) + y * np.sin(angle) > random.uniform(-0.15, 0.15)
    light = ndimage.gaussian_filter(
        np.where(side, 1, random.uniform(0.6, 0.9)), random.uniform(1, 12)
    )
    page = on_paper(ink, paper=210, dark=55) * light
    return rounded(page + random.normal(0, 3, ink.shape))


def outlined(ink, random):
    """Draw only the outlines of broad strokes."""
    depth = ndimage.distance_transform_edt(ink > 0.5) - ndimage.distance_transform_edt(ink <= 0.5)
    return on_paper(soft(len(ink) * random.uniform(0.005, 0.01) - np.abs(depth)))


def crossed(ink, random):
    """Draw a dash, from a dot to a bar, in the middle of a 0."""
    rows, columns = np.nonzero(ink > 0.5)
    y, x = np.indices(ink.shape)
    height, width = np.ptp(rows), np.ptp(columns)
    away = np.abs(y - rows.mean()) < height * random.uniform(0.03, 0.3)
    dash = away & (np.abs(x - columns.mean()) < width * random.uniform(0.04, 0.08))
    return on_paper(np.maximum(ink, dash))


def at_the_edge(one, other, random):
    """Draw two digits, the first of which touches the left edge."""
    pages = [
        on_paper(ndimage.zoom(page, 300 / len(page), order=1)[:300, :300]) for page in (one, other)
    ]
    first = np.flatnonzero((pages[0] < 128).any(axis=0))[0]
    return np.hstack([pages[0][:, first + int(random.integers(0, 3)) :], pages[1]])


CHANGES = [
    plain, thick, thin, rotated, on_white, on_black, lined_paper, noise, light_gradient,
    phone_photo, sheet_on_a_table, coloured_note, circle_or_box, cell_of_a_form, line_below,
    tight_crop, reflection, thin_tight_crop, shadow_edge, outlined,
]  # fmt: skip
GROUPS = {change.__name__.replace("_", " "): change for change in CHANGES}
NO_DIGIT = {  # readings that should be doubtful; letters that do not resemble digits
    "two digits": [str(number) for number in range(10, 100, 9)],
    "letters": list("ACEFHKMNPRUVWX"),
}


if __name__ == "__main__":
    run(main, name="handwriting")
