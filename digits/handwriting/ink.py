"""Any picture of one digit, made into what MNIST holds: light ink on black, 28 by 28 pixels.

MNIST's digits were black and white scans, scaled to 20 pixels with grey edges and centred by their
centre of mass; so the ink of a picture is told from its paper first.
"""

from dataclasses import dataclass
from itertools import islice

import numpy as np
from PIL import Image
from scipy import ndimage

from digits.errors import UserError
from digits.handwriting import paper
from digits.handwriting.paper import WORK

SIDE = 28  # pixels of MNIST's images
BOX = 20  # pixels of the longer side of MNIST's digits
CENTRE = 14  # where MNIST's centres of mass are on average, in pixels from that of the corner
DEPTH = 3  # how often at most a picture is cut down: to a sheet, to a note on it, to what is small
MOST = 6  # candidates of one picture
RIM = 4  # pixels of WORK: what a sheet's edge is blurred over
THINNEST, THICKEST = 2.0, 4.5  # pixels of SIDE: the widths of stroke that the network knows well
BLOT = 7.0  # pixels of SIDE: width beyond which the form may come from what makes strokes thinner


@dataclass(frozen=True)
class Candidate:
    """What a picture may hold.

    Attributes:
        image: uint8 (28, 28), light ink on black, the longer side of the ink 20 pixels, its centre
            of mass in the centre.
        doubt: why it may not be what was meant, in a few words; empty if nothing says so.
        is_last: whether it counts only where nothing else is found.
    """

    image: np.ndarray
    doubt: str = ""
    is_last: bool = False


def normalize(grey):
    """Give the likeliest of :func:`candidates`: uint8 (28, 28)."""
    return candidates(grey)[0].image


def candidates(grey):
    """Find the ink and draw it as MNIST does, in each way in which that may be meant.

    Args:
        grey: uint8 or float (height, width), the luminance, 0 to 255 (floats that do not exceed 1
            are taken for 0 to 1); any size, dark ink on light or light on dark.

    Returns:
        A list of :class:`Candidate`, the likeliest first; mostly one. An image that is as MNIST's
        comes back as it is.

    Raises:
        UserError: there is no ink.
    """
    grey = _checked(grey)
    for image in (grey, 255 - grey):
        if _is_normal(image):
            return [Candidate(np.rint(image).astype(np.uint8))]
    found = _candidates(grey, DEPTH)
    found = [candidate for candidate in found if not candidate.is_last] or found[:1]
    if not found:
        raise UserError("no ink: nothing is clearly darker or lighter than the rest")
    return found


def _candidates(grey, depth):
    softness = WORK / max(grey.shape)
    for things in paper.find(_resized(grey, WORK), softness, is_cut=depth < DEPTH):
        found = list(islice((c for thing in things for c in _looked_at(thing, grey, depth)), MOST))
        if found:
            return found
    return []


def _looked_at(found, grey, depth):
    """Make candidates of what was found; look again at what is on a sheet, or small."""
    if found.is_paper:
        return _candidates(_page(grey, found.mask), depth - 1) if depth else []
    box = box_of(found.mask)
    if depth and max(found.mask[box].shape) < WORK / 4:
        # A small digit on a large page: look again, closer.
        part = tuple(_around(side, max(grey.shape) / WORK) for side in box)
        closer = _candidates(grey[part], depth - 1)
        if closer:
            return closer
    return [_drawn(found)]


def _page(grey, mask):
    """Cut a sheet out of a picture; what is around it goes on as the sheet is at its edge.

    Args:
        grey: float32 (height, width).
        mask: bool, the sheet in a picture whose longer side is :data:`WORK`.

    Returns:
        float32, the longer side 800 pixels at most.
    """
    scale = max(grey.shape) / max(mask.shape)
    box = box_of(mask)
    part = grey[tuple(slice(int(side.start * scale), int(side.stop * scale) + 1) for side in box)]
    part = _resized(part, min(max(part.shape), 2 * WORK))
    rim = max(part.shape) / max(mask[box].shape)
    sheet = Image.fromarray(mask[box]).resize(part.shape[::-1])
    inside = ndimage.distance_transform_edt(np.pad(sheet, 1))[1:-1, 1:-1] > RIM * rim
    if not inside.any():
        return part
    nearest = ndimage.distance_transform_edt(~inside, return_distances=False, return_indices=True)
    return part[tuple(nearest)]


def _checked(grey):
    grey = np.asarray(grey)
    if grey.ndim != 2:
        raise ValueError(f"luminance must be (height, width), not {grey.shape}")
    if min(grey.shape) < 2:
        raise UserError("no ink: the picture is a point or a line of pixels")
    if not np.isfinite(grey).all():
        raise UserError("no ink: the picture holds numbers that are not finite")
    scale = 255 if grey.dtype.kind == "f" and grey.max() <= 1 else 1
    return grey.clip(0, 255).astype(np.float32) * scale


def _is_normal(image):
    """Tell whether an image is as MNIST's are: black around a box of 20 pixels, in the centre."""
    if image.shape != (SIDE, SIDE) or image.min() != 0 or image.max() < 128:
        return False
    longer = max(image[box_of(image > 0)].shape)
    if not BOX - 1 <= longer <= BOX:  # 3 in 10,000 of MNIST's have 19
        return False
    return np.abs(np.subtract(ndimage.center_of_mass(image), CENTRE)).max() < 1


def _resized(grey, longest):
    """Scale the longer side to that many pixels, antialiased."""
    scale = longest / max(grey.shape)
    height, width = (max(1, round(side * scale)) for side in grey.shape)
    return np.asarray(Image.fromarray(grey).resize((width, height), Image.Resampling.BICUBIC))


def box_of(mask):
    """Give the slices of rows and columns that hold all that is set; bool (height, width)."""
    return ndimage.find_objects(mask.astype(np.uint8))[0]


def _around(part, scale):
    """Enlarge a slice by half of its length at each end, and scale it."""
    more = (part.stop - part.start) / 2 + 4
    return slice(max(0, int((part.start - more) * scale)), int((part.stop + more) * scale) + 1)


def _drawn(found):
    """Draw it with strokes as wide as a pen's, which show at 20 pixels and leave holes open."""
    ink = found.mask[box_of(found.mask)]
    pixel = max(ink.shape) / BOX
    ink = np.pad(ink, int(THINNEST * pixel) + 1)
    depth = ndimage.distance_transform_edt(ink)
    width = 4 * depth[ink].mean() / pixel  # in a stroke the distance to its edge is a quarter
    if width < THINNEST:
        ink = ndimage.distance_transform_edt(~ink) <= (THINNEST - width) / 2 * pixel
    elif width > THICKEST:
        ink = depth > (width - THICKEST) / 2 * pixel
    doubt = found.doubt or ("too thick?" if width > BLOT else "")
    return Candidate(_centred(ink), doubt, found.is_last)


def _centred(ink):
    """Scale the longer side of the ink to 20 pixels and put its centre of mass in the centre."""
    small = _resized(ink[box_of(ink)].astype(np.float32) * 255, BOX).clip(0, 255)
    height, width = small.shape
    corner = np.rint(np.subtract(CENTRE, ndimage.center_of_mass(small))).astype(int)
    top, left = corner.clip(0, (SIDE - height, SIDE - width))
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[top : top + height, left : left + width] = np.rint(small)
    return image
