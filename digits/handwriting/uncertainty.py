"""Rules that flag a reading as uncertain."""

import numpy as np
from scipy import ndimage

from digits.handwriting.normalize import bounding_box
from digits.handwriting.recognizer import SURE

# Width by height of one digit. 1 of 1,000 digits of MNIST is as wide; three side by side are wider.
MAX_WIDTH_TO_HEIGHT = 1.7
MIN_SECOND_DIGIT_SHARE = 0.15  # of the ink
MAX_OVERLAP_SHARE = 0.2  # of the narrower of two digits side by side: columns that they share


def doubt(image, confidence, *, is_ood=False):
    """Return the reason to doubt a reading, in a few words; an empty text if there is none.

    Args:
        image: uint8 (28, 28), the input of the network.
        confidence: the highest of its ten probabilities.
        is_ood: whether the image is out of distribution, unlike all training images.
    """
    if _has_several_digits(image):
        return "more than one digit?"
    if is_ood:
        return "not a digit?"
    return "unsure" if confidence < SURE else ""


def _has_several_digits(image):
    """Return whether digits stand side by side. A 5 and its bar stand one above the other."""
    height, width = image[bounding_box(image > 0)].shape
    if width > MAX_WIDTH_TO_HEIGHT * height:
        return True
    components, count = ndimage.label(image > 64, np.ones((3, 3)))
    if count < 2:
        return False
    sizes = np.bincount(components.ravel())[1:]
    first, second = np.argsort(-sizes, kind="stable")[:2]
    if sizes[second] < MIN_SECOND_DIGIT_SHARE * sizes.sum():
        return False
    boxes = ndimage.find_objects(components)
    (_, one), (_, other) = boxes[first], boxes[second]
    overlap = min(one.stop, other.stop) - max(one.start, other.start)
    return overlap < MAX_OVERLAP_SHARE * min(one.stop - one.start, other.stop - other.start)
