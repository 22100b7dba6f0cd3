"""Binarization: separate ink from paper in uneven light, with noise, ruled lines and frames."""

import numpy as np
from PIL import Image
from scipy import ndimage

from digits.errors import UserError
from digits.handwriting import limits
from digits.handwriting.components import EIGHT_CONNECTED, Ink, crosses, find_regions, sheets_within
from digits.handwriting.ruled_lines import remove_rules

TOO_MUCH = "too much for one digit: many strokes of about the same size"


def find_ink(grey, softness, *, is_cut=False):
    """Find the regions that may be the ink, and sheets of paper that it may be on.

    The longer side of ``grey``, float32 (height, width), 0 to 255, is ``limits.WORK_SIDE``. Edges
    are blurred over at least ``softness`` pixels because the picture was enlarged. ``is_cut`` tells
    whether it is a part of a larger one, e.g. a sheet.

    Yields lists of :class:`digits.handwriting.components.Region`, the most likely first; nothing if
    nothing is clearly darker or lighter than the rest. A list is needed only if the lists before it
    lead to no digit. Raises UserError if the picture is full of writing.
    """
    grey = ndimage.gaussian_filter(grey, limits.BLUR_PIXELS)
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
        elif signs == 1 and _is_even(grey, mask, softness):
            if ink.is_cropped_tightly and not is_cut:  # add a margin, as other pictures have
                padded = np.pad(
                    grey, limits.WORK_SIDE // 10, constant_values=np.median(grey[~mask])
                )
                ink = Ink(_ink_mask(sign * padded, sign * level))
            accepted.append(ink)
    if any(ink.is_crowded for ink in accepted):
        raise UserError(TOO_MUCH)
    if accepted:
        yield _regions(accepted, is_cut=is_cut, is_ink=True)
        return
    clear, unclear = [], []  # regions of ink with a clear margin, and of ink that may be a shadow
    for ink in inks:
        clear += sheets_within(ink.mask)
        (clear if _is_clear(ink.mask) else unclear).extend(find_regions(ink, is_cut=is_cut))
    clear, unclear = (_without_shadows(regions, grey) for regions in (clear, unclear))
    if any(region.is_paper for region in clear):
        yield clear  # each sheet is then searched by itself
    for window in (0.5, 0.25):
        inks = _inks(grey - _background(grey, window))
        if any(ink.is_crowded for ink in inks):
            raise UserError(TOO_MUCH)
        regions = _regions(inks, is_cut=True)
        if any(_is_strokes(ink) for ink in inks):
            yield [*clear, *(region for region in unclear if region.is_paper), *regions]
            return
        unclear += regions
    yield clear + unclear


def _inks(grey):
    """Find what may be the ink where the light is even: a list of :class:`Ink`."""
    masks = [_ink_mask(sign * grey, sign * level) for sign, level in _thresholds(grey)]
    return [Ink(mask) for mask in masks if mask is not None]


def _without_shadows(regions, grey):
    """Leave out sheets that are shadows: writing crosses the edge of a shadow, not of its sheet."""
    if not any(region.is_paper for region in regions):
        return regions
    dark, light = (_inks(grey - light(grey)) for light in (_lightest, _darkest))

    def is_crossed(sheet):
        is_light = np.median(grey[sheet.mask]) > np.median(grey[~sheet.mask])
        writing = filter(_is_strokes, dark if is_light else dark + light)
        return any(crosses(ink, sheet.mask) for ink in writing)

    return [region for region in regions if not (region.is_paper and is_crossed(region))]


def _is_strokes(ink):
    return _is_clear(ink.mask) and not ink.solid


def _regions(inks, **options):
    return [region for ink in inks for region in find_regions(ink, **options)]


def _background(grey, window):
    """Estimate the light on the paper by a median filter, which thin strokes do not change.

    The window is the side of the filter, as a share of the longer side.
    """
    size = grey.shape[::-1]
    small = Image.fromarray(grey).resize([max(1, side // limits.CELL_PIXELS) for side in size])
    median = ndimage.median_filter(
        small, int(window * max(size)) // limits.CELL_PIXELS, mode="nearest"
    )
    return np.asarray(Image.fromarray(median).resize(size, Image.Resampling.BILINEAR))


def _lightest(grey):
    """Estimate the light on paper with dark ink by a closing, which keeps sharp shadows."""
    return ndimage.grey_closing(grey, (limits.OPENING_PIXELS, limits.OPENING_PIXELS))


def _darkest(grey):
    """Estimate the light on paper with light ink by an opening."""
    return ndimage.grey_opening(grey, (limits.OPENING_PIXELS, limits.OPENING_PIXELS))


def _thresholds(grey):
    """Find the threshold between ink and paper, and whether the ink is the lighter side.

    Returns a list of (sign, level), the more likely first: pixels with sign * luminance > sign *
    level are ink. It is empty if there is too little contrast.
    """
    if np.ptp(grey) < limits.MIN_CONTRAST:
        return []
    level = _otsu(grey)
    # Ink rarely covers much of the margin or of the picture. In a tight crop it may cover much of
    # one of them.
    light = _margin_ink(grey > level) + (grey > level).mean()
    signs = (1, -1) if light <= 1 else (-1, 1)
    return [(sign, level) for sign in signs[: 1 + (abs(light - 1) < limits.POLARITY_MARGIN)]]


def _ink_mask(grey, level):
    """Return what is lighter than a level as ink: bool (height, width); None if there is none."""
    strong = grey > level
    if not strong.any() or strong.all():
        return None
    paper = np.median(grey[~strong])
    contrast = np.quantile(grey[strong], 0.75) - paper  # of the ink's core, not of its edges
    # The median absolute deviation, scaled to the standard deviation of a normal distribution.
    # scipy.stats has it, but takes half a second to import.
    noise = np.median(np.abs(grey[~strong] - paper)) / 0.6744897501960817
    if contrast < max(limits.MIN_CONTRAST, limits.MIN_CONTRAST_TO_NOISE * noise):
        return None
    # A fine stroke is paler than a broad one. It is ink if it is connected to a broad one.
    fine = paper + max(limits.FINE_STROKE_SHARE * contrast, limits.MIN_CONTRAST_TO_NOISE * noise)
    faint = paper + max(limits.RULE_SHARE * contrast, limits.MIN_CONTRAST_TO_NOISE * noise / 2)
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
    rows, columns = (max(1, round(limits.MARGIN_SHARE * side)) for side in mask.shape)
    margin = np.ones_like(mask)
    margin[rows:-rows, columns:-columns] = False
    return mask[margin].mean()


def _is_clear(mask):
    return _margin_ink(mask) <= limits.MAX_MARGIN_INK_SHARE


def _is_even(grey, ink, softness):
    """Return whether both paper and ink have about one luminance, so that neither is a shadow."""
    grey, ink = grey[::2, ::2], ink[::2, ::2]  # precise enough, and four times as fast
    sides = []
    for mask in (ink, ~ink):
        depth = ndimage.distance_transform_edt(mask)
        # Without the blurred edges of the ink.
        sides.append(grey[depth > min(2 + softness / 2, depth.max() / 2)])
    contrast = abs(np.median(sides[0]) - np.median(sides[1]))
    # Not the standard deviation: a fine digit in a broad shadow would hardly change it.
    of_ink, of_paper = (np.ptp(np.quantile(side, [0.001, 0.999])) for side in sides)
    return (
        of_ink < limits.EVEN_INK_SHARE * contrast and of_paper < limits.EVEN_LIGHT_SHARE * contrast
    )
