"""Normalize a picture of one digit to MNIST's form: light ink on black, 28 by 28 pixels.

MNIST's digits were black-and-white scans, scaled to 20 pixels with grey edges and centred by their
centre of mass. So the picture is binarized first, then scaled and centred in the same way.
"""

from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from PIL import Image
from scipy import ndimage

from digits.errors import UserError
from digits.handwriting import limits
from digits.handwriting.binarize import find_ink

IMAGE_SIDE = 28  # pixels of MNIST's images
DIGIT_SIDE = 20  # pixels of the longer side of MNIST's digits
CENTRE = 14  # mean centre of mass of MNIST's digits, in pixels from the first one


@dataclass(frozen=True)
class Candidate:
    """An image that may be the digit of a picture: uint8 (28, 28), light ink on black.

    The longer side of the ink has 20 pixels, and its centre of mass is in the centre. The doubt and
    ``is_fallback`` are those of the :class:`digits.handwriting.components.Region`.
    """

    image: np.ndarray
    doubt: str = ""
    is_fallback: bool = False


def candidates(grey):
    """Find everything in a picture that may be the digit, each as an image in MNIST's form.

    The picture is of any size, dark ink on light or light on dark: luminance, uint8 or float
    (height, width), 0 to 255, or 0 to 1 if it is float and no value exceeds 1.

    Returns a list of :class:`Candidate`, the most likely first; usually one. An image that is in
    MNIST's form already is returned unchanged. Raises UserError if there is no ink, and ValueError
    if the array is not two-dimensional.
    """
    grey = _validated(grey)
    for image in (grey, 255 - grey):
        if _is_like_mnist(image):
            return [Candidate(np.rint(image).astype(np.uint8))]
    found = _find_candidates(grey, limits.MAX_CROPS)
    found = [candidate for candidate in found if not candidate.is_fallback] or found[:1]
    if not found:
        raise UserError(_reason(grey))
    return found


def _reason(grey):
    """Say why nothing was found in a picture."""
    contrast = np.ptp(ndimage.gaussian_filter(_resized(grey, limits.WORK_SIDE), limits.BLUR_PIXELS))
    if contrast < limits.MIN_VISIBLE:
        return "no ink: the picture is blank"
    if contrast < limits.MIN_CONTRAST:
        return "too faint: nothing is clearly darker or lighter than the rest"
    return "no ink: nothing stands out that may be a digit"


def _find_candidates(grey, crops):
    """Find candidates; ``crops`` is how often the picture may still be cropped."""
    softness = limits.WORK_SIDE / max(grey.shape)
    for regions in find_ink(
        _resized(grey, limits.WORK_SIDE), softness, is_cut=crops < limits.MAX_CROPS
    ):
        found = (c for region in regions for c in _candidates_of(region, grey, crops))
        if found := list(islice(found, limits.MAX_CANDIDATES)):
            return found
    return []


def _candidates_of(region, grey, crops):
    """Make candidates of a region; crop the picture to a sheet or to a small digit first."""
    if region.is_paper:
        found = _find_candidates(_cropped_to_sheet(grey, region.mask), crops - 1) if crops else []
        return _doubted(found, region.doubt)
    box = bounding_box(region.mask)
    if crops and max(region.mask[box].shape) < limits.WORK_SIDE / 4:
        # A small digit on a large page has more detail than the reduced picture shows.
        part = tuple(_widened(side, max(grey.shape) / limits.WORK_SIDE) for side in box)
        if found := _find_candidates(grey[part], crops - 1):
            return _doubted(found, region.doubt)
    return [_drawn(region)]


def _doubted(found, doubt):
    """Add a doubt to the candidates that have none."""
    return [replace(candidate, doubt=candidate.doubt or doubt) for candidate in found]


def _cropped_to_sheet(grey, mask):
    """Crop a picture to a sheet; pixels around the sheet get the luminance of its nearest pixel.

    The mask is that of the sheet, in a picture whose longer side is ``limits.WORK_SIDE``. The
    longer side of the result is at most twice as long.
    """
    scale = max(grey.shape) / max(mask.shape)
    box = bounding_box(mask)
    part = grey[tuple(slice(int(side.start * scale), int(side.stop * scale) + 1) for side in box)]
    part = _resized(part, min(max(part.shape), 2 * limits.WORK_SIDE))
    edge = limits.SHEET_EDGE_PIXELS * max(part.shape) / max(mask[box].shape)
    sheet = Image.fromarray(mask[box]).resize(part.shape[::-1])
    inside = ndimage.distance_transform_edt(np.pad(sheet, 1))[1:-1, 1:-1] > edge
    if not inside.any():
        return part
    nearest = ndimage.distance_transform_edt(~inside, return_distances=False, return_indices=True)
    return part[tuple(nearest)]


def _validated(grey):
    """Check an array of luminance and convert it to float32, 0 to 255."""
    grey = np.asarray(grey)
    if grey.ndim != 2:
        raise ValueError(f"luminance must be (height, width), not {grey.shape}")
    if min(grey.shape) < 2:
        raise UserError("no ink: the picture is a point or a line of pixels")
    if not np.isfinite(grey).all():
        raise UserError("no ink: the picture holds numbers that are not finite")
    scale = 255 if grey.dtype.kind == "f" and grey.max() <= 1 else 1
    return grey.clip(0, 255).astype(np.float32) * scale


def _is_like_mnist(image):
    """Return whether an image is in MNIST's form: black around a box of 20 pixels, centred."""
    if image.shape != (IMAGE_SIDE, IMAGE_SIDE) or image.min() != 0 or image.max() < 128:
        return False
    longer = max(image[bounding_box(image > 0)].shape)
    if not DIGIT_SIDE - 1 <= longer <= DIGIT_SIDE:  # 3 of 10,000 MNIST images have 19
        return False
    return np.abs(np.subtract(ndimage.center_of_mass(image), CENTRE)).max() < 1


def _resized(grey, longer):
    """Scale the longer side to a number of pixels, antialiased."""
    scale = longer / max(grey.shape)
    height, width = (max(1, round(side * scale)) for side in grey.shape)
    return np.asarray(Image.fromarray(grey).resize((width, height), Image.Resampling.BICUBIC))


def bounding_box(mask):
    """Return the slices of rows and columns that enclose all that is set in a bool array."""
    return ndimage.find_objects(mask.astype(np.uint8))[0]


def _widened(part, scale):
    """Enlarge a slice by half of its length at each end, and scale it."""
    more = (part.stop - part.start) / 2 + 4
    return slice(max(0, int((part.start - more) * scale)), int((part.stop + more) * scale) + 1)


def _drawn(region):
    """Make a candidate with strokes as wide as a pen's: visible at 20 pixels, holes open."""
    ink = region.mask[bounding_box(region.mask)]
    pixel = max(ink.shape) / DIGIT_SIDE
    ink = np.pad(ink, int(limits.MIN_STROKE_PIXELS * pixel) + 1)
    depth = ndimage.distance_transform_edt(ink)
    width = 4 * depth[ink].mean() / pixel  # four times the mean distance to a stroke's edge
    if width < limits.MIN_STROKE_PIXELS:
        ink = ndimage.distance_transform_edt(~ink) <= (limits.MIN_STROKE_PIXELS - width) / 2 * pixel
    elif width > limits.MAX_STROKE_PIXELS:
        ink = depth > (width - limits.MAX_STROKE_PIXELS) / 2 * pixel
    doubt = region.doubt or ("too thick?" if width > limits.MAX_RELIABLE_STROKE_PIXELS else "")
    return Candidate(_centred(ink), doubt, region.is_fallback)


def _centred(ink):
    """Scale the longer side of the ink to 20 pixels and put its centre of mass in the centre."""
    small = _resized(ink[bounding_box(ink)].astype(np.float32) * 255, DIGIT_SIDE).clip(0, 255)
    height, width = small.shape
    corner = np.rint(np.subtract(CENTRE, ndimage.center_of_mass(small))).astype(int)
    top, left = corner.clip(0, (IMAGE_SIDE - height, IMAGE_SIDE - width))
    image = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    image[top : top + height, left : left + width] = np.rint(small)
    return image
