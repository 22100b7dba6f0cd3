"""Any picture of one digit, made into what MNIST holds: light ink on black, 28 by 28 pixels.

MNIST's digits were black and white scans, scaled to 20 pixels with grey edges and centred by their
centre of mass; so the ink of a picture is told from its paper first.
"""

import numpy as np
from PIL import Image
from scipy import ndimage

from digits.errors import UserError
from digits.handwriting.paper import WORK, find_ink

SIDE = 28  # pixels of MNIST's images
BOX = 20  # pixels of the longer side of MNIST's digits
CENTRE = 14  # where MNIST's centres of mass are on average, in pixels from that of the corner
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
    ink = find_ink(_resized(grey, WORK))
    box = box_of(ink)
    if max(ink[box].shape) < WORK / 4:
        # A small digit on a large page: look again, closer.
        closer = tuple(_around(part, max(grey.shape) / WORK) for part in box)
        ink = find_ink(_resized(grey[closer], WORK))
    return _centred(_with_usual_strokes(ink))


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


def _with_usual_strokes(ink):
    """Make strokes as wide as a pen's, so that they show at 20 pixels and leave holes open."""
    ink = ink[box_of(ink)]
    pixel = max(ink.shape) / BOX
    ink = np.pad(ink, int(THINNEST * pixel) + 1)
    # In a stroke of width w the distance to its edge is w / 4 on average.
    width = 4 * ndimage.distance_transform_edt(ink)[ink].mean()
    if width < THINNEST * pixel:
        return ndimage.distance_transform_edt(~ink) <= (THINNEST * pixel - width) / 2
    if width > THICKEST * pixel:
        return ndimage.distance_transform_edt(ink) > (width - THICKEST * pixel) / 2
    return ink


def _centred(ink):
    """Scale the longer side of the ink to 20 pixels and put its centre of mass in the centre."""
    small = _resized(ink[box_of(ink)].astype(np.float32) * 255, BOX).clip(0, 255)
    height, width = small.shape
    corner = np.rint(np.subtract(CENTRE, ndimage.center_of_mass(small))).astype(int)
    top, left = corner.clip(0, (SIDE - height, SIDE - width))
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[top : top + height, left : left + width] = np.rint(small)
    return image
