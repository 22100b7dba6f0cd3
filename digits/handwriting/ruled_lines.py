"""Remove ruled lines: thin lines that run from edge to edge of a picture."""

import numpy as np
from scipy import ndimage

from digits.handwriting import limits
from digits.handwriting.components import Ink

SLOPES = np.tan(np.radians(np.arange(-12, 12.1, 0.5)))  # of the lines on a page that lies askew


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
    thickness = max(3, round(limits.MAX_THICKNESS_SHARE * max(ink.shape)))
    upright = np.ones((thickness, 1), bool)
    tall = ndimage.binary_opening(faint, upright)
    rules = _find_rules(faint & ~tall, tall)
    if not (rules & ink).any():
        return ink, faint
    rest = ink & ~rules
    # Mend strokes that a line cut: what lies between ink above and ink below is ink.
    rest |= ndimage.binary_closing(rest, upright) & rules & ink
    # A line alone, but for specks, is a 1.
    is_one = (
        rest.sum() < limits.MIN_REST_SHARE * ink.sum()
        and _count_lines(rules.any(axis=1)) < limits.MIN_PARALLEL
    )
    return (ink, faint) if is_one or not _is_clear_of_sides(rest) else (rest, faint & ~rules)


def _find_rules(flat, tall):
    """Find lines from edge to edge, of any slope, in thin ink; tall ink may hide their parts."""
    _, width = flat.shape
    margin = limits.MAX_END_SHARE * width
    thin, thick = np.argwhere(flat), np.argwhere(tall)
    # For each slope, count the pixels on every line. Where taller ink hides a line, as the digit
    # that crosses it does, no pixels of the line are required.
    for slope in sorted(SLOPES, key=abs):
        line = _line_numbers(thin, slope, width)
        seen = np.bincount(line, minlength=1)
        if seen.max() < limits.MIN_LENGTH_SHARE * width / 2:
            continue
        hidden = np.bincount(_line_numbers(thick, slope, width), minlength=len(seen))[: len(seen)]
        across = seen >= limits.MIN_LENGTH_SHARE * np.maximum(width - hidden, width / 2)
        if _count_lines(across) < limits.MIN_PARALLEL:
            # A stroke of the digit is as long in a tight crop, but a line does not end inside.
            numbers = np.concatenate([line, _line_numbers(thick, slope, width)])
            columns = np.concatenate([thin[:, 1], thick[:, 1]])
            for end in (columns <= margin, columns >= width - 1 - margin):
                across &= np.bincount(numbers[end], minlength=len(seen))[: len(seen)] > 0
        thin = thin[~across[line]]
    rules = flat.copy()
    rules[tuple(thin.T)] = False
    # Add the grey edges of a line, and pixels that it has because its slope lies between two here.
    return ndimage.binary_propagation(rules, np.ones((3, 1)), flat)


def _count_lines(is_line):
    """Count the runs in a bool array; a line that is several pixels thick is one run."""
    return np.count_nonzero(np.diff(is_line.astype(int), prepend=0) == 1)


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
