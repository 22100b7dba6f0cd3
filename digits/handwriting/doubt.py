"""What makes a reading doubtful: it is then said, and not given with a straight face."""

import numpy as np
from scipy import ndimage

from digits.handwriting.ink import box_of
from digits.handwriting.recognizer import SURE

WIDEST = 1.7  # width by height: 1 of 1000 digits of MNIST is so wide, three side by side are wider
PART = 0.15  # share of the ink that a second digit has at least
BESIDE = 0.2  # share of their widths by which two things side by side overlap at most


def doubt(image, confidence, *, strange=False):
    """Say in a few words why a reading is not to be trusted; an empty text if there is no reason.

    Args:
        image: uint8 (28, 28), what the network saw.
        confidence: the highest of its ten probabilities.
        strange: whether it is like no image that the network was trained on.
    """
    if _several(image):
        return "more than one digit?"
    if strange:
        return "no digit?"
    return "unsure" if confidence < SURE else ""


def _several(image):
    """Tell whether things stand side by side; a 5 and its bar stand one above the other."""
    height, width = image[box_of(image > 0)].shape
    if width > WIDEST * height:
        return True
    parts, count = ndimage.label(image > 64, np.ones((3, 3)))
    if count < 2:
        return False
    sizes = np.bincount(parts.ravel())[1:]
    first, second = np.argsort(-sizes, kind="stable")[:2]
    if sizes[second] < PART * sizes.sum():
        return False
    extents = ndimage.find_objects(parts)
    (_, one), (_, other) = extents[first], extents[second]
    overlap = min(one.stop, other.stop) - max(one.start, other.start)
    return overlap < BESIDE * min(one.stop - one.start, other.stop - other.start)
