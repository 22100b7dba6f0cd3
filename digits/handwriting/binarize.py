"""Binarization: separate ink from paper in uneven light, with noise, ruled lines and frames."""

import numpy as np
from PIL import Image
from scipy import ndimage
from scipy.stats import median_abs_deviation

from digits.handwriting.components import EIGHT_CONNECTED, Ink, find_regions, sheets_within
from digits.handwriting.ruled_lines import remove_rules

# Pixels of the longer side of the picture that is searched for ink. The lengths in pixels below are
# of a picture of this size, the levels are of 255.
WORK_SIDE = 400
BLUR_PIXELS = 1.5  # standard deviation of the Gaussian that suppresses noise
MIN_CONTRAST = 12  # levels by which ink must be darker or lighter than the paper
# Contrast by the standard deviation of the paper. Pure noise, divided in two classes, has 2.7.
MIN_CONTRAST_TO_NOISE = 4.0
FINE_STROKE_SHARE = 0.3  # of the contrast: fine strokes, which are paler, have at least this much
RULE_SHARE = 0.12  # of the contrast: ruled lines are searched for among all that has this much
EVEN_LIGHT_SHARE = 0.35  # of the contrast: paper in even light has a smaller range of luminance
MARGIN_SHARE = 0.08  # of each side: a margin that is wider than the usual frame of a picture
MAX_MARGIN_INK_SHARE = 0.1  # of the margin: ink that covers more may be a shadow
CELL_PIXELS = 8  # side of the cells in which the light on the paper is estimated
POLARITY_MARGIN = 0.35  # below this, dark and light are both tried as the ink; 1 would always do so


def find_ink(grey, softness, *, is_cut=False):
    """Find the regions that may be the ink, and sheets of paper that it may be on.

    The longer side of ``grey``, float32 (height, width), 0 to 255, is :data:`WORK_SIDE`. Edges are
    blurred over at least ``softness`` pixels because the picture was enlarged. ``is_cut`` tells
    whether it is a part of a larger one, e.g. a sheet.

    Yields lists of :class:`digits.handwriting.components.Region`, the most likely first; nothing if
    nothing is clearly darker or lighter than the rest. A list is needed only if the lists before it
    lead to no digit.
    """
    grey = ndimage.gaussian_filter(grey, BLUR_PIXELS)
    # First without a correction of the light. There are three signs of a shadow: ink too thick for
    # strokes, ink that reaches the edge, and unevenly lit paper. One alone proves nothing. With
    # two, the light around is subtracted, estimated in a large window and then in a smaller one.
    inks, accepted = [], []
    for sign, level in _thresholds(grey):
        mask = _ink_mask(sign * grey, sign * level)
        if mask is None:
            continue
        ink = Ink(mask)
        inks.append(ink)
        if ink.sheets:
            continue
        signs = bool(ink.solid) + (not _is_clear(mask))
        if signs == 0:
            accepted.append(ink)
        elif signs == 1 and _is_evenly_lit(grey, mask, softness):
            if ink.is_cropped_tightly and not is_cut:  # add a margin, as other pictures have
                padded = np.pad(grey, WORK_SIDE // 10, constant_values=np.median(grey[~mask]))
                ink = Ink(_ink_mask(sign * padded, sign * level))
            accepted.append(ink)
    if accepted:
        yield _regions(accepted, is_cut=is_cut, is_ink=True)
        return
    clear, unclear = [], []  # regions of ink with a clear margin, and of ink that may be a shadow
    for ink in inks:
        clear += sheets_within(ink.mask)
        (clear if _is_clear(ink.mask) else unclear).extend(find_regions(ink, is_cut=is_cut))
    if any(region.is_paper for region in clear):
        yield clear  # each sheet is then searched by itself
    for window in (0.5, 0.25):
        flat = grey - _background(grey, window)
        masks = [_ink_mask(sign * flat, sign * level) for sign, level in _thresholds(flat)]
        inks = [Ink(mask) for mask in masks if mask is not None]
        regions = _regions(inks, is_cut=True)
        if any(_is_clear(ink.mask) and not ink.solid for ink in inks):
            yield [*clear, *(region for region in unclear if region.is_paper), *regions]
            return
        unclear += regions
    yield clear + unclear


def _regions(inks, **options):
    return [region for ink in inks for region in find_regions(ink, **options)]


def _background(grey, window):
    """Estimate the light on the paper by a median filter, which thin strokes do not change.

    The window is the side of the filter, as a share of the longer side.
    """
    size = grey.shape[::-1]
    small = Image.fromarray(grey).resize([max(1, side // CELL_PIXELS) for side in size])
    median = ndimage.median_filter(small, int(window * max(size)) // CELL_PIXELS, mode="nearest")
    return np.asarray(Image.fromarray(median).resize(size, Image.Resampling.BILINEAR))


def _thresholds(grey):
    """Find the threshold between ink and paper, and whether the ink is the lighter side.

    Returns a list of (sign, level), the more likely first: pixels with sign * luminance > sign *
    level are ink. It is empty if there is too little contrast.
    """
    if np.ptp(grey) < MIN_CONTRAST:
        return []
    level = _otsu(grey)
    # Ink rarely covers much of the margin or of the picture. In a tight crop it may cover much of
    # one of them.
    light = _margin_ink(grey > level) + (grey > level).mean()
    signs = (1, -1) if light <= 1 else (-1, 1)
    return [(sign, level) for sign in signs[: 1 + (abs(light - 1) < POLARITY_MARGIN)]]


def _ink_mask(grey, level):
    """Return what is lighter than a level as ink: bool (height, width); None if there is none."""
    strong = grey > level
    if not strong.any() or strong.all():
        return None
    paper = np.median(grey[~strong])
    contrast = np.quantile(grey[strong], 0.75) - paper  # of the ink's core, not of its edges
    noise = median_abs_deviation(grey[~strong], axis=None, scale="normal")
    if contrast < max(MIN_CONTRAST, MIN_CONTRAST_TO_NOISE * noise):
        return None
    # A fine stroke is paler than a broad one. It is ink if it is connected to a broad one.
    fine = paper + max(FINE_STROKE_SHARE * contrast, MIN_CONTRAST_TO_NOISE * noise)
    faint = paper + max(RULE_SHARE * contrast, MIN_CONTRAST_TO_NOISE * noise / 2)
    weak = remove_rules(grey > min(level, fine), grey > min(level, faint))
    ink = ndimage.binary_propagation(strong & weak, EIGHT_CONNECTED, weak)
    return ink if ink.any() else None


def _otsu(values):
    """Find the threshold with the largest variance between the two classes (Otsu, 1979)."""
    counts, edges = np.histogram(values, bins=256)
    centres = (edges[:-1] + edges[1:]) / 2
    below = counts.cumsum()[:-1]
    above = values.size - below
    sums = (counts * centres).cumsum()
    distance = sums[:-1] / np.maximum(below, 1) - (sums[-1] - sums[:-1]) / np.maximum(above, 1)
    return edges[1 + np.argmax(below * above * distance**2)]


def _margin_ink(mask):
    """Return the share of the margin's pixels that are set."""
    rows, columns = (max(1, round(MARGIN_SHARE * side)) for side in mask.shape)
    margin = np.ones_like(mask)
    margin[rows:-rows, columns:-columns] = False
    return mask[margin].mean()


def _is_clear(mask):
    return _margin_ink(mask) <= MAX_MARGIN_INK_SHARE


def _is_evenly_lit(grey, ink, softness):
    """Return whether the paper has about one luminance, so that there is no shadow to remove."""
    grey, ink = grey[::2, ::2], ink[::2, ::2]  # precise enough, and four times as fast
    depth = ndimage.distance_transform_edt(~ink)
    # Without the blurred edges of the ink.
    paper = grey[depth > min(2 + softness / 2, depth.max() / 2)]
    # Not the standard deviation: a fine digit in a broad shadow would hardly change it.
    spread = np.ptp(np.quantile(paper, [0.001, 0.999]))
    return spread < EVEN_LIGHT_SHARE * abs(np.median(paper) - np.median(grey[ink]))
