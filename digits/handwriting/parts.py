"""Which parts of the ink are the digit, and which frame it, underline it, or carry it.

One idea explains sheets on a table, circles and boxes around a digit, and shadows: what is written
lies *within* its paper. So a part that is too thick for a stroke is no ink but what ink may be on,
and a part that has others within is a frame.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.spatial import ConvexHull

ANY_WAY = np.ones((3, 3))  # neighbours: those at the corners too
DUST = 0.005  # parts smaller than this share of the largest are not looked at
SPECK = 0.04  # and such are dirt, unless the largest is a frame around them
MOST = 30  # parts that are looked at
# Share of a part that the largest circle within covers: a stroke is longer than it is wide. Of
# 1,000 digits of MNIST two have more, of those drawn with a broad marker 25.
SOLID = 0.5
# Half of the widest stroke of what comes in from the edge, as a share of its longer side: of 1,000
# digits of MNIST not one has as much.
SHADOW = 0.25
# What fills the least rectangle around it by more is a sheet; a 0 has 0.8, a 1 is narrow.
RECTANGULAR = 0.85
RIM = 0.12  # of a sheet around what lies on it: half its width, as a share of the longer side
BROAD = 2.5  # longer by shorter side of a sheet, at most
SHEET = 0.06  # half of the shorter side of the least sheet, as a share of the picture's longer side
GAP = 0.03  # share of the longer side: gaps in a frame that is drawn by hand
CONTENT = 0.15  # longer side of what is within a frame, as a share of the frame's
BORDER = 0.15  # share of the picture's sides, from the edge: what comes in and stays is no digit
MINOR = 0.15  # share of the ink that may be left out without a word
BAR = 0.2  # height by width of a line below a digit, at most


@dataclass(frozen=True)
class Found:
    """What may be the ink of a picture, or a sheet of paper on which the ink may be.

    Attributes:
        mask: bool (height, width).
        is_paper: whether it is a sheet, without holes.
        doubt: why it may not be what was meant, in a few words; empty if nothing says so.
        is_last: whether it counts only where nothing else is found.
    """

    mask: np.ndarray
    is_paper: bool = False
    doubt: str = ""
    is_last: bool = False


class Part:
    """A part of a mask, all of it connected, with what can be asked of its form."""

    def __init__(self, parts, number, box):
        rows, columns = box
        self.number = number
        self.box = box
        self.mask = np.pad(parts[box] == number, 1)  # beyond the picture's edge there is no ink
        self.size = int(self.mask.sum())
        self.height, self.width = rows.stop - rows.start, columns.stop - columns.start
        self.longer = max(self.height, self.width)
        self.shape = height, width = parts.shape
        ends = (rows.start, columns.start, height - rows.stop, width - columns.stop)
        self.at_edge = min(ends) == 0
        self.side = max(parts.shape)

    @cached_property
    def radius(self):
        """Half of its widest stroke, in pixels."""
        return ndimage.distance_transform_edt(self.mask).max()

    @property
    def is_dot(self):
        """Whether it is about as broad as it is long, and filled."""
        return np.pi * self.radius**2 > SOLID * self.size

    @cached_property
    def is_sheet(self):
        """Whether it is a sheet of paper: large, broad and a rectangle, whatever lies on it."""
        if not self._is_large or self.radius < RIM * self.longer or not self._body.any():
            return False
        shorter, longer = least_rectangle(self._corners)
        return bool(longer < BROAD * shorter and self._body.sum() > RECTANGULAR * shorter * longer)

    @cached_property
    def is_solid(self):
        """Whether it is a sheet, or as thick as a shadow."""
        is_thick = self.is_dot or (self.at_edge and self.radius > SHADOW * self.longer)
        return bool(self._is_large and is_thick) or self.is_sheet

    @property
    def _is_large(self):
        return min(self.height, self.width) >= 2 * SHEET * self.side

    @cached_property
    def _body(self):
        """All that is as broad as a sheet, without what lies on it or sticks to it."""
        reach = SHEET * self.side
        core = ndimage.distance_transform_edt(ndimage.binary_fill_holes(self.mask)) >= reach
        return core.any() & (ndimage.distance_transform_edt(~core) < reach)

    @cached_property
    def _corners(self):
        """Those of the convex hull of its body: int (n, 2), rows and columns, in order."""
        rows = np.flatnonzero(self._body.any(axis=1))
        first = self._body[rows].argmax(axis=1)
        last = self._body.shape[1] - 1 - self._body[rows, ::-1].argmax(axis=1)
        ends = np.concatenate([np.stack([rows, first], axis=1), np.stack([rows, last], axis=1)])
        start = [side.start - 1 for side in self.box]
        return ends[ConvexHull(ends).vertices] + start

    def as_paper(self):
        """Give it as :class:`Found`: its convex hull, as ink may cross the edge of a sheet."""
        height, width = self.shape
        page = Image.new("1", (width, height))
        ImageDraw.Draw(page).polygon([(x, y) for y, x in self._corners.tolist()], fill=1)
        return Found(np.asarray(page), is_paper=True)

    def hull(self, shape):
        """Give all that it surrounds, small gaps closed: bool of that shape."""
        gap = max(1, round(GAP * self.longer))
        closed = ndimage.distance_transform_edt(~np.pad(self.mask, gap)) <= gap
        filled = ndimage.distance_transform_edt(ndimage.binary_fill_holes(closed)) > gap
        hull = np.zeros(shape, bool)
        hull[self.box] = (filled | np.pad(self.mask, gap))[gap + 1 : -gap - 1, gap + 1 : -gap - 1]
        return hull


def least_rectangle(corners):
    """Give the sides of the least rectangle, of any slope, around corners; the shorter first."""
    angles = np.radians(np.arange(90))
    sides = [
        np.ptp(corners @ axis, axis=0) + 1
        for axis in ([np.cos(angles), np.sin(angles)], [-np.sin(angles), np.cos(angles)])
    ]
    best = np.argmin(sides[0] * sides[1])
    return sorted(side[best] for side in sides)


class Ink:
    """A mask, bool (height, width), and its parts without dust."""

    def __init__(self, mask):
        self.mask = mask
        self.numbers, count = ndimage.label(mask, ANY_WAY)
        sizes = np.bincount(self.numbers.ravel(), minlength=count + 1)[1:]
        boxes = ndimage.find_objects(self.numbers)
        order = np.argsort(-sizes, kind="stable")[:MOST]
        self.parts = [
            Part(self.numbers, index + 1, boxes[index])
            for index in order
            if sizes[index] >= max(1, DUST * sizes.max())
        ]

    @cached_property
    def solid(self):
        """The parts that are too thick for strokes."""
        return [part for part in self.parts if part.is_solid]

    @property
    def sheets(self):
        """The parts that are sheets of paper."""
        return [part for part in self.parts if part.is_sheet]

    @property
    def is_cut_close(self):
        """Whether the largest part, but for frames and the like, is at the picture's edge."""
        parts = [part for part in self.parts if not _stays_in_border(part, self.numbers)]
        return bool(parts) and parts[0].at_edge

    def only(self, some):
        """Give the mask of some of the parts."""
        return np.isin(self.numbers, [part.number for part in some])


def arrange(ink, *, is_cut=False, is_ink=False):
    """List what of the ink may be the digit, the likeliest first, and what it may be on.

    Args:
        ink: an :class:`Ink`, all that is as dark, or as light, as ink.
        is_cut: whether what comes in from the edge is no whole thing: the rim of a shadow, where
            light has been compared with the light around, or what goes on beyond a sheet.
        is_ink: whether all of it is ink, however thick.

    Yields:
        :class:`Found`.
    """
    for part in ink.sheets:
        yield part.as_paper()
    solid = [] if is_ink else ink.solid
    strokes = _within_frames([part for part in ink.parts if part not in solid], ink.numbers)
    if not strokes:
        # Nothing else is there: a broad marker, or only a shadow where it comes from the edge.
        shapes = [part for part in solid if not part.at_edge]
        if shapes:
            yield Found(ink.only(shapes), is_last=True)
        return
    inner = [part for part in strokes if not part.at_edge]
    outer = [part for part in strokes if part.at_edge and not _stays_in_border(part, ink.numbers)]
    if not inner:
        yield Found(ink.only(strokes), doubt="cut off?" if is_cut else "")
        return
    if is_cut:
        outer = []
    left_out = sum(part.size for part in outer) > MINOR * sum(part.size for part in inner + outer)
    doubt = "a part left out?" if left_out else ""
    bars = [part for part in inner if _underlines(part, inner)]
    if bars:
        yield Found(ink.only([part for part in inner if part not in bars]), doubt=doubt)
    yield Found(ink.only(inner), doubt=doubt)
    if left_out:
        yield Found(ink.only(inner + outer))


def framed_sheets(ink):
    """List sheets that all around lie on what is taken for ink: :class:`Found`."""
    return [part.as_paper() for part in Ink(~ink).parts if not part.at_edge and part.is_sheet]


def _within_frames(parts, numbers):
    """Leave out each part that has others within, and what is outside of it; and specks."""
    for frame in sorted(parts, key=lambda part: -part.height * part.width):
        within = _within(frame, parts, numbers)
        if within:
            return _within_frames(within, numbers)
    largest = max((part.size for part in parts), default=0)
    return [part for part in parts if part.size >= SPECK * largest]


def _within(frame, parts, numbers):
    """List what is within a part and no dot, as some write a 0."""
    others = [
        part
        for part in parts
        if part is not frame
        and CONTENT * frame.longer < part.longer < frame.longer
        and not part.is_dot
    ]
    if not others:
        return []
    counts = np.bincount(numbers[frame.hull(numbers.shape)], minlength=numbers.max() + 1)
    return [part for part in others if counts[part.number] > 0.9 * part.size]


def _stays_in_border(part, numbers):
    """Tell whether nearly all of a part is near the picture's edges."""
    rows, columns = (round(BORDER * side) for side in numbers.shape)
    middle = numbers[rows:-rows, columns:-columns] if rows and columns else numbers
    return (middle == part.number).sum() < 0.2 * part.size


def _underlines(bar, parts):
    """Tell whether a part is a level line below all others."""
    others = [part for part in parts if part is not bar]
    return (
        bool(others)
        and bar.height < BAR * bar.width
        and all(part.box[0].stop <= bar.box[0].start for part in others)
    )
