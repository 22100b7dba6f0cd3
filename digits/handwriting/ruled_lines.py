"""Remove ruled lines: thin lines that run from edge to edge of a picture."""

import numpy as np
from scipy import ndimage

from digits.handwriting.components import Ink

SLOPES = np.tan(np.radians(np.arange(-12, 12.1, 0.5)))  # of the lines on a page that lies askew
MAX_THICKNESS_SHARE = 0.03  # of the picture's longer side: thicker lines are not ruled lines
MIN_LENGTH_SHARE = 0.8  # of the width: the visible part of a line; noise and glare hide the rest


def remove_rules(ink, faint):
    """Remove horizontal and vertical lines from edge to edge; strokes that cross them stay.

    The masks are bool (height, width). ``faint`` is the ink and fainter pixels, among which a line
    is detected because only pieces of it may be as dark as ink.
    """
    ink, faint = _remove_horizontal(ink, faint)
    ink, _ = _remove_horizontal(ink.T, faint.T)
    return ink.T


def _remove_horizontal(ink, faint):
    """Remove the horizontal lines from both masks."""
    thickness = max(3, round(MAX_THICKNESS_SHARE * max(ink.shape)))
    upright = np.ones((thickness, 1), bool)
    tall = ndimage.binary_opening(faint, upright)
    rules = _find_rules(faint & ~tall, tall)
    if not (rules & ink).any():
        return ink, faint
    rest = ink & ~rules
    # Mend strokes that a line cut: what lies between ink above and ink below is ink.
    rest |= ndimage.binary_closing(rest, upright) & rules & ink
    return (rest, faint & ~rules) if _is_clear_of_sides(rest) else (ink, faint)


def _find_rules(flat, tall):
    """Find lines from edge to edge, of any slope, in thin ink; tall ink may hide their parts."""
    height, width = flat.shape
    thin, thick = np.argwhere(flat), np.argwhere(tall)
    # For each slope, count the pixels on every line. Where taller ink hides a line, as the digit
    # that crosses it does, no pixels of the line are required.
    for slope in sorted(SLOPES, key=abs):
        line = _line_numbers(thin, slope, width)
        seen = np.bincount(line, minlength=1)
        if seen.max() < MIN_LENGTH_SHARE * width / 2:
            continue
        hidden = np.bincount(_line_numbers(thick, slope, width), minlength=len(seen))[: len(seen)]
        across = seen >= MIN_LENGTH_SHARE * np.maximum(width - hidden, width / 2)
        thin = thin[~across[line]]
    rules = flat.copy()
    rules[tuple(thin.T)] = False
    # Add the grey edges of a line, and pixels that it has because its slope lies between two here.
    return ndimage.binary_propagation(rules, np.ones((3, 1)), flat)


def _line_numbers(points, slope, width):
    """Number the lines of a slope from 0; return the number of each point, (y, x)."""
    offset = int(np.ceil(abs(slope) * width / 2))
    return np.rint(points[:, 0] + (points[:, 1] - width / 2) * slope).astype(int) + offset


def _is_clear_of_sides(rest):
    """Return whether the rest is clear of the sides; else the line may be the bar of a tight 7."""
    components = Ink(rest).components
    if not components:
        return True
    _, columns = components[0].box
    margin = 0.02 * rest.shape[1]
    return columns.start > margin and columns.stop < rest.shape[1] - margin
