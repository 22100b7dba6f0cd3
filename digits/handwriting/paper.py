"""Ink told from paper: in uneven light, with noise, rules, specks and frames."""

import numpy as np
from PIL import Image
from scipy import ndimage
from scipy.stats import median_abs_deviation

from digits.handwriting.parts import ANY_WAY, Ink, arrange, framed_sheets
from digits.handwriting.ruled_lines import without_rules

# The levels and lengths below are of pictures whose longer side has so many pixels.
WORK = 400
NOISE = 1.5  # pixels: standard deviation of the blur against noise
LEAST_CONTRAST = 12  # of 255: how much darker or lighter than the paper ink must be
LEAST_SHARPNESS = 4.0  # contrast in standard deviations of the paper; noise cut in two has 2.7
FINE = 0.3  # share of the contrast that the fine strokes have at least
TRACE = 0.12  # share of the contrast in which rules are looked for
EVEN = 0.35  # share of the contrast: range of luminance of paper in even light
MARGIN = 0.08  # share of each side: wider than what frames a picture
EDGE = 0.1  # share of the margin that ink may cover before it may be a shadow
LIGHT = 8  # pixels: what light on paper is measured in
TIGHT = 0.35  # how near to undecided it may be which of two classes is the ink


def find(grey, softness, *, is_cut=False):
    """Tell what may be the ink, the likeliest first, and sheets that it may be on.

    Args:
        grey: float32 (height, width), luminance, 0 to 255; the longer side 400 pixels.
        softness: pixels over which an edge is blurred at least, for the picture was enlarged.
        is_cut: whether it is cut out of a larger picture, as a sheet is.

    Yields:
        Lists of :class:`digits.handwriting.parts.Found`; each counts only where those before come
        to nothing. None where nothing is clearly darker or lighter than the rest.
    """
    grey = ndimage.gaussian_filter(grey, NOISE)
    # First as it is. What is too thick for strokes, comes in from the edge, or leaves paper in
    # uneven light may be a shadow. One of these signs says nothing; where there are two, light is
    # compared with that around, farther and nearer.
    cuts, settled = [], []
    for sign, level in _classes(grey):
        mask = _ink(sign * grey, sign * level)
        if mask is None:
            continue
        ink = Ink(mask)
        cuts.append(ink)
        is_clear = _margin_share(mask) <= EDGE
        if ink.sheets:
            continue
        if is_clear and not ink.solid:
            settled.append(ink)
        elif (is_clear or not ink.solid) and _is_even(grey, mask, softness):
            if ink.is_cut_close and not is_cut:  # with a margin it is a picture as any other
                wide = np.pad(grey, WORK // 10, constant_values=np.median(grey[~mask]))
                ink = Ink(_ink(sign * wide, sign * level))
            settled.append(ink)
    if settled:
        yield [thing for ink in settled for thing in arrange(ink, is_cut=is_cut, is_ink=True)]
        return
    clear, unclear = [], []  # of the edge, from where shadows come
    for ink in cuts:
        clear += framed_sheets(ink.mask)
        (clear if _margin_share(ink.mask) <= EDGE else unclear).extend(arrange(ink, is_cut=is_cut))
    if any(thing.is_paper for thing in clear):
        yield clear  # what is on the sheet is looked at by itself
    for window in (0.5, 0.25):
        flat = grey - _light_around(grey, window)
        masks = [_ink(sign * flat, sign * level) for sign, level in _classes(flat)]
        inks = [Ink(mask) for mask in masks if mask is not None]
        things = [thing for ink in inks for thing in arrange(ink, is_cut=True)]
        if any(not ink.solid and _margin_share(ink.mask) <= EDGE for ink in inks):
            yield [*clear, *(thing for thing in unclear if thing.is_paper), *things]
            return
        unclear += things
    yield clear + unclear


def _light_around(grey, window):
    """Estimate the light on the paper: the median around, which thin things do not change."""
    size = grey.shape[::-1]
    small = Image.fromarray(grey).resize([max(1, side // LIGHT) for side in size])
    around = ndimage.median_filter(small, int(window * max(size)) // LIGHT, mode="nearest")
    return np.asarray(Image.fromarray(around).resize(size, Image.Resampling.BILINEAR))


def _classes(flat):
    """Cut the pixels in two classes; tell which may be the ink, the likelier first.

    Returns:
        A list of (sign, level): the ink is what, times the sign, is above the level times the sign.
    """
    if np.ptp(flat) < LEAST_CONTRAST:
        return []
    level = _otsu(flat)
    # Ink is rarely at the edge and rarely more than the paper; a tight crop may have one of both.
    light = _margin_share(flat > level) + (flat > level).mean()
    signs = (1, -1) if light <= 1 else (-1, 1)
    return [(sign, level) for sign in signs[: 1 + (abs(light - 1) < TIGHT)]]


def _ink(flat, level):
    """Take what is lighter than a level as ink: bool (height, width), None if there is none."""
    strong = flat > level
    if not strong.any() or strong.all():
        return None
    paper = np.median(flat[~strong])
    contrast = np.quantile(flat[strong], 0.75) - paper  # of the ink's core, not of its edges
    noise = median_abs_deviation(flat[~strong], axis=None, scale="normal")
    if contrast < max(LEAST_CONTRAST, LEAST_SHARPNESS * noise):
        return None
    # A fine stroke is paler than a broad one: it counts where it goes on from one.
    fine = paper + max(FINE * contrast, LEAST_SHARPNESS * noise)
    traces = paper + max(TRACE * contrast, LEAST_SHARPNESS * noise / 2)
    weak = without_rules(flat > min(level, fine), flat > min(level, traces))
    ink = ndimage.binary_propagation(strong & weak, ANY_WAY, weak)
    return ink if ink.any() else None


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


def _is_even(grey, ink, softness):
    """Tell whether the paper has one luminance, so that there is no shadow to undo."""
    grey, ink = grey[::2, ::2], ink[::2, ::2]  # enough, and four times as fast
    depth = ndimage.distance_transform_edt(~ink)
    # Away from blurred edges.
    paper = grey[depth > min(2 + softness / 2, depth.max() / 2)]
    # Not the standard deviation: a fine digit in a broad shadow would hardly move it.
    spread = np.ptp(np.quantile(paper, [0.001, 0.999]))
    return spread < EVEN * abs(np.median(paper) - np.median(grey[ink]))
