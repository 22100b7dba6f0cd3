"""Ruled lines: found in a picture of ink as thin lines from edge to edge, and taken away."""

import numpy as np
from scipy import ndimage

SLOPES = np.tan(np.radians(np.arange(-12, 12.1, 0.5)))  # of a page that lies a little askew
THICKNESS = 0.03  # of the picture's longer side: what is thicker is no rule
WHOLE = 0.8  # share of the width that a rule is seen in; noise and glare hide the rest


def without_rules(ink, traces):
    """Take away horizontal and vertical lines from edge to edge; what crosses them stays.

    Args:
        ink: bool (height, width).
        traces: bool (height, width), the ink and all that is a little like it: a rule is seen as a
            whole there, of which only pieces may be as dark as ink.

    Returns:
        bool (height, width).
    """
    ink, traces = _without_level(ink, traces)
    ink, _ = _without_level(ink.T, traces.T)
    return ink.T


def _without_level(ink, traces):
    """Take away the horizontal lines from both masks."""
    thickness = max(3, round(THICKNESS * max(ink.shape)))
    upright = np.ones((thickness, 1), bool)
    tall = ndimage.binary_opening(traces, upright)
    rules = _rules(traces & ~tall, tall)
    if not (rules & ink).any():
        return ink, traces
    rest = ink & ~rules
    # A stroke cut by a rule is mended: what lies between ink above and ink below is ink.
    rest |= ndimage.binary_closing(rest, upright) & rules & ink
    return (rest, traces & ~rules) if _is_inside(rest) else (ink, traces)


def _rules(flat, tall):
    """Find what belongs to a line of any slope: a part of the flat ink, bool (height, width)."""
    height, width = flat.shape
    thin, thick = np.argwhere(flat), np.argwhere(tall)
    # The picture is summed along the lines of each slope. Where a line is hidden in something
    # taller, the digit that crosses it, nothing is asked of it.
    for slope in sorted(SLOPES, key=abs):
        line = _line_of(thin, slope, width)
        seen = np.bincount(line, minlength=1)
        if seen.max() < WHOLE * width / 2:
            continue
        hidden = np.bincount(_line_of(thick, slope, width), minlength=len(seen))[: len(seen)]
        across = seen >= WHOLE * np.maximum(width - hidden, width / 2)
        thin = thin[~across[line]]
    rules = flat.copy()
    rules[tuple(thin.T)] = False
    # The grey edges of a rule too, and what its own slope differs from the nearest one here.
    return ndimage.binary_propagation(rules, np.ones((3, 1)), flat)


def _line_of(points, slope, width):
    """Number the lines of a slope from 0, and give the one that each point, (y, x), lies on."""
    beyond = int(np.ceil(abs(slope) * width / 2))
    return np.rint(points[:, 0] + (points[:, 1] - width / 2) * slope).astype(int) + beyond


def _is_inside(rest):
    """Tell whether the rest keeps clear of the sides; else the line may be the bar of a tight 7."""
    parts, count = ndimage.label(rest, np.ones((3, 3)))
    if count == 0:
        return True
    largest = np.bincount(parts.ravel())[1:].argmax()
    _, columns = ndimage.find_objects(parts)[largest]
    margin = 0.02 * rest.shape[1]
    return columns.start > margin and columns.stop < rest.shape[1] - margin
