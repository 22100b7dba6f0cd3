"""Ink told from paper: in uneven light, with noise, rules, specks and frames."""

import numpy as np
from PIL import Image
from scipy import ndimage
from scipy.stats import median_abs_deviation

from digits.errors import UserError
from digits.handwriting.ruled_lines import without_rules

# The levels and lengths below are of pictures whose longer side has so many pixels.
WORK = 400
NOISE = 1.5  # pixels: standard deviation of the blur against noise
LEAST_CONTRAST = 12  # of 255: how much darker or lighter than the paper ink must be
LEAST_SHARPNESS = 4.0  # contrast in standard deviations of the paper; noise cut in two has 2.7
FINE = 0.3  # share of the contrast that the fine strokes have at least
TRACE = 0.12  # share of the contrast in which rules are looked for
EVEN = 0.35  # share of the contrast: range of luminance within ink, or paper, in even light
MARGIN = 0.08  # share of each side: wider than what frames a picture
EDGE = 0.1  # share of the margin that ink may cover before it may be a shadow
LIGHT = 8  # pixels: what light on paper is measured in
SPECK = 0.04  # components smaller than this share of the largest are dirt
ANY_WAY = np.ones((3, 3))  # neighbours: those at the corners too


def find_ink(grey):
    """Tell the ink from the paper.

    Args:
        grey: float32 (height, width), luminance, 0 to 255; the longer side 400 pixels.

    Returns:
        bool (height, width).

    Raises:
        UserError: there is no ink.
    """
    grey = ndimage.gaussian_filter(grey, NOISE)
    found = []
    # First as it is. Where the ink so found may be a shadow, light is compared with the light
    # around, farther and nearer.
    for window in (None, 0.5, 0.25):
        ink = _cut(grey - _light_around(grey, window) if window else grey)
        if ink is not None and ink.any():
            found.append(ink)
            if _margin_share(ink) <= EDGE or (window is None and _is_even(grey, ink)):
                break
    if not found:
        raise UserError("no ink: nothing is clearly darker or lighter than the rest")
    return _without_dirt(min(found, key=_margin_share))


def _light_around(grey, window):
    """Estimate the light on the paper: the median around, which thin things do not change."""
    size = grey.shape[::-1]
    small = Image.fromarray(grey).resize([max(1, side // LIGHT) for side in size])
    around = ndimage.median_filter(small, int(window * max(size)) // LIGHT, mode="nearest")
    return np.asarray(Image.fromarray(around).resize(size, Image.Resampling.BILINEAR))


def _cut(flat):
    """Cut out the ink, without ruled lines: bool (height, width), or None if there is none."""
    if np.ptp(flat) < LEAST_CONTRAST:
        return None
    level = _otsu(flat)
    strong = flat > level
    # Ink is rarely at the edge and rarely more than the paper; a tight crop may have one of both.
    if _margin_share(strong) + strong.mean() > 1:
        flat, level = -flat, -level
    strong = flat > level
    paper = np.median(flat[~strong])
    contrast = np.quantile(flat[strong], 0.75) - paper  # of the ink's core, not of its edges
    noise = median_abs_deviation(flat[~strong], axis=None, scale="normal")
    if contrast < max(LEAST_CONTRAST, LEAST_SHARPNESS * noise):
        return None
    # A fine stroke is paler than a broad one: it counts where it goes on from one.
    fine = paper + max(FINE * contrast, LEAST_SHARPNESS * noise)
    traces = paper + max(TRACE * contrast, LEAST_SHARPNESS * noise / 2)
    weak = without_rules(flat > min(level, fine), flat > min(level, traces))
    return ndimage.binary_propagation(strong & weak, ANY_WAY, weak)


def _otsu(values):
    """Find the level that cuts values in two classes of the least spread (Otsu, 1979)."""
    counts, edges = np.histogram(values, bins=256)
    centres = (edges[:-1] + edges[1:]) / 2
    below = counts.cumsum()[:-1]
    above = values.size - below
    sums = (counts * centres).cumsum()
    distance = sums[:-1] / np.maximum(below, 1) - (sums[-1] - sums[:-1]) / np.maximum(above, 1)
    return edges[1 + np.argmax(below * above * distance**2)]


def _margin_share(mask):
    """Give the share of the margin's pixels that is set."""
    rows, columns = (max(1, round(MARGIN * side)) for side in mask.shape)
    margin = np.ones_like(mask)
    margin[rows:-rows, columns:-columns] = False
    return float(mask[margin].mean())


def _is_even(grey, ink):
    """Tell whether ink and paper have one luminance each, so that there is no shadow to undo."""
    parts = [grey[ndimage.binary_erosion(mask, iterations=4)] for mask in (ink, ~ink)]
    if not all(part.size for part in parts):
        return False
    # Not the standard deviation: a fine digit in a broad shadow would hardly move it.
    spread = max(np.ptp(np.quantile(part, [0.001, 0.999])) for part in parts)
    return spread < EVEN * abs(np.median(parts[0]) - np.median(parts[1]))


def _without_dirt(ink):
    """Take away specks, and what touches the edge unless that is nearly everything."""
    parts, count = ndimage.label(ink, ANY_WAY)
    sizes = np.bincount(parts[ink])  # that of part 0, the paper, is 0
    inside = np.ones(count + 1, bool)
    for side in (parts[0], parts[-1], parts[:, 0], parts[:, -1]):
        inside[side] = False
    if sizes[inside].sum() > 0.1 * sizes.sum():
        sizes[~inside] = 0
    return (sizes >= max(1, SPECK * sizes.max()))[parts]
