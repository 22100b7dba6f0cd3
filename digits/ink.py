"""Any picture of one digit, made into what MNIST holds: light ink on black, 28 by 28 pixels.

MNIST's digits were black and white scans, scaled to 20 pixels with grey edges and centred by their
centre of mass. A photo has uneven light, noise and lines besides; so the ink has to be found first.
"""

import numpy as np
from PIL import Image
from scipy import ndimage
from scipy.stats import median_abs_deviation

from digits.errors import UserError
from digits.rules import without_rules

SIDE = 28  # pixels of MNIST's images
BOX = 20  # pixels of the longer side of MNIST's digits
WORK = 400  # pixels of the longer side of the picture in which the ink is looked for
NOISE = 1.5  # pixels of WORK: the standard deviation of the blur against noise
LEAST_CONTRAST = 12  # of 255: how much darker or lighter than the paper ink must be
LEAST_SHARPNESS = 4.0  # contrast in standard deviations of the paper; noise cut in two has 2.7
WEAK = 0.35  # share of the contrast that the fine strokes of a letter have
LIGHT = 8  # pixels of WORK: what light on paper is measured in
SPECK = 0.04  # components smaller than this share of the largest are dirt
EDGE = 0.1  # share of the picture's edge that ink may cover before it is taken for a shadow
THINNEST, THICKEST = 2.0, 4.5  # pixels of SIDE: the widths of stroke that the network knows well


def normalize(grey):
    """Find the ink and draw it as MNIST does.

    Args:
        grey: uint8 or float (height, width), the luminance, 0 to 255 (floats that do not exceed 1
            are taken for 0 to 1); any size, dark ink on light or light on dark.

    Returns:
        uint8 (28, 28), light ink on black, the longer side of the ink 20 pixels, its centre of
        mass in the centre. An image that is so already comes back as it is.

    Raises:
        UserError: there is no ink.
    """
    grey = _checked(grey)
    for image in (grey, 255 - grey):
        if _is_normal(image):
            return np.rint(image).astype(np.uint8)
    ink = _find(_resized(grey, WORK))
    rows, columns = _box(ink)
    if max(rows.stop - rows.start, columns.stop - columns.start) < WORK / 4:
        # A small digit on a large page: look again, closer.
        scale = max(grey.shape) / WORK
        ink = _find(_resized(grey[_widened(rows, scale), _widened(columns, scale)], WORK))
    return _centred(_inked(ink))


def _checked(grey):
    grey = np.asarray(grey)
    if grey.ndim != 2:
        raise ValueError(f"luminance must be (height, width), not {grey.shape}")
    if min(grey.shape) < 2:
        raise UserError("no ink: the picture is a point or a line of pixels")
    scale = 255 if grey.dtype.kind == "f" and grey.max() <= 1 else 1
    grey = grey.astype(np.float32) * scale
    if not np.isfinite(grey).all():
        raise UserError("no ink: the picture holds numbers that are not finite")
    return grey


def _is_normal(image):
    """Tell whether an image is as MNIST makes them: black outside a centred box of 20 pixels."""
    if image.shape != (SIDE, SIDE) or image.min() != 0 or image.max() < 128:
        return False
    rows, columns = _box(image > 0)
    if max(rows.stop - rows.start, columns.stop - columns.start) > BOX:
        return False
    return np.abs(np.subtract(ndimage.center_of_mass(image), (SIDE - 1) / 2)).max() < 1.5


def _resized(grey, longest):
    """Scale the longer side to that many pixels, antialiased."""
    scale = longest / max(grey.shape)
    height, width = (max(1, round(side * scale)) for side in grey.shape)
    return np.asarray(Image.fromarray(grey).resize((width, height), Image.Resampling.BICUBIC))


def _box(mask):
    """Give the slices of rows and columns that hold everything."""
    return ndimage.find_objects(mask.astype(np.uint8))[0]


def _widened(part, scale):
    """Enlarge a slice by half of its length at each end and scale it."""
    more = (part.stop - part.start) / 2 + 4
    return slice(max(0, int((part.start - more) * scale)), int((part.stop + more) * scale) + 1)


def _find(grey):
    """Tell the ink from the paper.

    Args:
        grey: float32 (height, width), 0 to 255.

    Returns:
        bool (height, width).

    Raises:
        UserError: there is no ink.
    """
    grey = ndimage.gaussian_filter(grey, NOISE)
    found = []
    # First as it is. If the ink so found lies along the edge it is rather a shadow: then light is
    # compared with the light around, farther and nearer.
    for window in (None, 0.5, 0.25):
        mask = _cut(grey if window is None else grey - _light(grey, window))
        if mask is not None and mask.any():
            found.append((_edge_share(mask), mask))
            if found[-1][0] <= EDGE:
                break
    if not found:
        raise UserError("no ink: nothing is clearly darker or lighter than the rest")
    return _cleaned(min(found, key=lambda pair: pair[0])[1])


def _light(grey, window):
    """Estimate the light on the paper: the median around, which thin things do not change.

    Args:
        grey: float32 (height, width).
        window: side of the surroundings, a share of the longer side.

    Returns:
        float32 (height, width).
    """
    size = grey.shape[::-1]
    small = Image.fromarray(grey).resize([max(1, side // LIGHT) for side in size])
    around = ndimage.median_filter(small, int(window * max(size)) // LIGHT, mode="nearest")
    return np.asarray(Image.fromarray(around).resize(size, Image.Resampling.BILINEAR))


def _cut(flat):
    """Cut the picture in two: the side that holds less of the edge is the ink.

    Args:
        flat: float32 (height, width), luminance or its difference from the light around.

    Returns:
        bool (height, width), without ruled lines; None if there is no ink.
    """
    level = _otsu(flat)
    if _edge_share(flat > level) > 0.5:
        flat, level = -flat, -level
    strong = flat > level
    if not strong.any() or strong.all():
        return None
    paper = np.median(flat[~strong])
    contrast = np.median(flat[strong]) - paper
    noise = median_abs_deviation(flat[~strong], scale="normal")
    if contrast < max(LEAST_CONTRAST, LEAST_SHARPNESS * noise):
        return None
    # A fine stroke is paler than a broad one: it counts where it goes on from one.
    weak = without_rules(flat > paper + max(WEAK * contrast, LEAST_SHARPNESS * noise))
    return ndimage.binary_propagation(strong & weak, np.ones((3, 3)), weak)


def _otsu(values):
    """Find the level that cuts values in two classes of the least spread (Otsu, 1979)."""
    counts, edges = np.histogram(values, bins=256)
    centres = (edges[:-1] + edges[1:]) / 2
    below = counts.cumsum()[:-1]
    above = values.size - below
    sums = (counts * centres).cumsum()
    means = sums[:-1] / np.maximum(below, 1), (sums[-1] - sums[:-1]) / np.maximum(above, 1)
    return edges[1 + np.argmax(below * above * (means[0] - means[1]) ** 2)]


def _edge_share(mask):
    """Give the share of the pixels along the edge that is set."""
    edge = np.ones_like(mask)
    edge[2:-2, 2:-2] = False
    return float(mask[edge].mean())


def _cleaned(mask):
    """Take away what is no digit: specks, and what touches the edge if something else does not."""
    parts, count = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    sizes[0] = 0
    keep = sizes >= SPECK * sizes.max()
    touching = np.zeros(count + 1, bool)
    for line in (parts[0], parts[-1], parts[:, 0], parts[:, -1]):
        touching[line] = True
    inside = keep & ~touching
    if sizes[inside].sum() > 0.1 * sizes[keep].sum():
        keep = sizes >= SPECK * sizes[inside].max()
        keep &= ~touching
    keep[0] = False
    return keep[parts]


def _inked(mask):
    """Crop the ink and give its strokes a width that shows at 20 pixels."""
    mask = np.pad(mask[_box(mask)], WORK // 10)
    longest = max(part.stop - part.start for part in _box(mask))
    # In a stroke of width w the distance to its edge is w / 4 on average.
    width = 4 * ndimage.distance_transform_edt(mask)[mask].mean()
    pixel = longest / BOX
    if width < THINNEST * pixel:
        return ndimage.distance_transform_edt(~mask) <= (THINNEST * pixel - width) / 2
    if width > THICKEST * pixel:
        return ndimage.distance_transform_edt(mask) > (width - THICKEST * pixel) / 2
    return mask


def _centred(mask):
    """Scale the longer side of the ink to 20 pixels and put its centre of mass in the centre."""
    small = _resized(mask[_box(mask)].astype(np.float32) * 255, BOX).clip(0, 255)
    centre = ndimage.center_of_mass(small)
    canvas = np.zeros((SIDE, SIDE), np.float32)
    corner = [
        min(max(round((SIDE - 1) / 2 - middle), 0), SIDE - length)
        for middle, length in zip(centre, small.shape, strict=True)
    ]
    canvas[corner[0] : corner[0] + small.shape[0], corner[1] : corner[1] + small.shape[1]] = small
    return np.rint(canvas).astype(np.uint8)
