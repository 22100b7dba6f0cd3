"""Rules that flag a reading as uncertain."""

from digits.handwriting import limits
from digits.handwriting.components import Ink
from digits.handwriting.normalize import bounding_box


def doubt(image, confidence, *, is_ood=False):
    """Return the reason to doubt a reading, in a few words; an empty text if there is none.

    The image is the input of the network, uint8 (28, 28), the confidence is the highest of its ten
    probabilities, and ``is_ood`` tells whether it is out of distribution.
    """
    if _has_several_digits(image):
        return "more than one digit?"
    if is_ood:
        return "not a digit?"
    return "unsure" if confidence < limits.SURE else ""


def _has_several_digits(image):
    """Return whether digits stand side by side. A 5 and its bar stand one above the other."""
    height, width = image[bounding_box(image > 0)].shape
    if width > limits.MAX_WIDTH_TO_HEIGHT * height:
        return True
    ink = Ink(image > 64)
    if len(ink.components) < 2:
        return False
    first, second = ink.components[:2]
    if second.size < limits.MIN_SECOND_DIGIT_SHARE * ink.mask.sum():
        return False
    (_, one), (_, other) = first.box, second.box
    overlap = min(one.stop, other.stop) - max(one.start, other.start)
    return overlap < limits.MAX_OVERLAP_SHARE * min(first.width, second.width)
