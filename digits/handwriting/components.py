"""Connected components of the ink: which are the digit, and which are frames, lines or sheets.

Writing lies *within* its paper. This explains sheets on a table, circles and boxes around a digit,
and shadows: a component that is too thick for a stroke is paper that may carry ink, and a component
that encloses others is a frame.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.spatial import ConvexHull

from digits.handwriting import limits

EIGHT_CONNECTED = np.ones((3, 3))  # diagonal neighbours are connected too


@dataclass(frozen=True)
class Region:
    """Ink that may be the digit, or a sheet of paper that may carry it."""

    mask: np.ndarray  # bool (height, width), without holes if it is a sheet
    is_paper: bool = False
    doubt: str = ""  # why it may not be the digit, in a few words
    is_fallback: bool = False  # used only if nothing else is found


class Component:
    """A connected component of a mask, and measures of its shape."""

    def __init__(self, labels, label, box):
        rows, columns = box
        self.label, self.box, self.shape = label, box, labels.shape
        self.mask = np.pad(labels[box] == label, 1)  # there is no ink beyond the picture's edge
        self.size = int(self.mask.sum())
        self.height, self.width = rows.stop - rows.start, columns.stop - columns.start
        self.longer = max(self.height, self.width)
        self.aspect = min(self.height, self.width) / self.longer
        reaches_end = rows.stop == self.shape[0] or columns.stop == self.shape[1]
        self.at_edge = reaches_end or 0 in (rows.start, columns.start)
        self.reach = limits.MIN_SHEET_RADIUS_SHARE * max(self.shape)

    @cached_property
    def radius(self):
        """Half of its widest stroke, in pixels."""
        return ndimage.distance_transform_edt(self.mask).max()

    @property
    def is_dot(self):
        """Whether it is filled and about as broad as it is long."""
        return np.pi * self.radius**2 > limits.MIN_DOT_SHARE * self.size

    @property
    def is_bar(self):
        """Whether it is one straight stroke."""
        spread = np.linalg.eigvalsh(np.cov(np.argwhere(self.mask).T))[0]
        return np.sqrt(12 * max(spread, 0)) < limits.MAX_BAR_BEND * 2 * self.radius

    @property
    def has_hole(self):
        """Whether it surrounds anything."""
        return bool(ndimage.binary_fill_holes(self.mask).sum() > self.size)

    @property
    def is_ring(self):
        """Whether it surrounds an ellipse."""
        return limits.ELLIPSE_SHARE[0] < self.enclosed_share < limits.ELLIPSE_SHARE[1]

    @property
    def enclosed_share(self):
        """Share of its smallest upright rectangle that it surrounds."""
        return self.enclosed.sum() / (self.height * self.width)

    @cached_property
    def is_sheet(self):
        """Whether it is a large, broad rectangle, whatever lies on it."""
        is_broad = self._is_large and self.radius >= limits.MIN_SHEET_RIM_SHARE * self.longer
        if not is_broad or not self._body.any():
            return False
        shorter, longer, _ = smallest_rectangle(self._corners)
        is_rectangle = self._body.sum() > limits.MIN_SHEET_FILL_SHARE * shorter * longer
        return bool(longer < limits.MAX_SHEET_ASPECT * shorter and is_rectangle)

    @cached_property
    def is_solid(self):
        """Whether it is a sheet or as thick as a shadow."""
        is_shadow = self.at_edge and self.radius > limits.MIN_SHADOW_RADIUS_SHARE * self.longer
        return bool(self._is_large and (self.is_dot or is_shadow)) or self.is_sheet

    @property
    def _is_large(self):
        return min(self.height, self.width) >= 2 * self.reach

    @cached_property
    def _body(self):
        """The parts as broad as a sheet, without what lies on the sheet or sticks to it."""
        filled = ndimage.binary_fill_holes(self.mask)
        core = ndimage.distance_transform_edt(filled) >= self.reach
        return core.any() & (ndimage.distance_transform_edt(~core) < self.reach)

    @cached_property
    def _corners(self):
        """The corners of the convex hull of the body: int (n, 2), rows and columns, in order."""
        rows = np.flatnonzero(self._body.any(axis=1))
        first = self._body[rows].argmax(axis=1)
        last = self._body.shape[1] - 1 - self._body[rows, ::-1].argmax(axis=1)
        ends = np.concatenate([np.stack([rows, first], axis=1), np.stack([rows, last], axis=1)])
        return ends[ConvexHull(ends).vertices] + [side.start - 1 for side in self.box]

    def as_sheet(self):
        """Return its convex hull as a :class:`Region`, because ink may cross a sheet's edge."""
        height, width = self.shape
        page = Image.new("1", (width, height))
        ImageDraw.Draw(page).polygon([(x, y) for y, x in self._corners.tolist()], fill=1)
        *_, turn = smallest_rectangle(self._corners)
        # Which of its four sides is the upper one?
        return Region(
            np.asarray(page), is_paper=True, doubt="turned?" if turn > limits.MAX_TURN else ""
        )

    @cached_property
    def enclosed(self):
        """All that it surrounds, with small gaps closed: bool, of the picture's shape."""
        gap = max(1, round(limits.MAX_FRAME_GAP_SHARE * self.longer))
        closed = ndimage.distance_transform_edt(~np.pad(self.mask, gap)) <= gap
        filled = ndimage.distance_transform_edt(ndimage.binary_fill_holes(closed)) > gap
        area = np.zeros(self.shape, bool)
        area[self.box] = (filled | np.pad(self.mask, gap))[gap + 1 : -gap - 1, gap + 1 : -gap - 1]
        return area


def smallest_rectangle(corners):
    """Find the smallest rectangle around points, at any angle.

    Returns its shorter side, its longer side, and by how many degrees it is turned, 0 to 45.
    """
    angles = np.radians(np.arange(90))
    cosine, sine = np.cos(angles), np.sin(angles)
    sides = [np.ptp(corners @ axis, axis=0) + 1 for axis in ([cosine, sine], [-sine, cosine])]
    best = int(np.argmin(sides[0] * sides[1]))
    return *sorted(np.transpose(sides)[best]), min(best, 90 - best)


class Ink:
    """A mask, bool (height, width), and its components, the largest first, without dust."""

    def __init__(self, mask):
        self.mask = mask
        self.labels, count = ndimage.label(mask, EIGHT_CONNECTED)
        sizes = np.bincount(self.labels.ravel(), minlength=count + 1)[1:]
        boxes = ndimage.find_objects(self.labels)
        order = np.argsort(-sizes, kind="stable")[: limits.MAX_COMPONENTS]
        self.components = [
            Component(self.labels, index + 1, boxes[index])
            for index in order
            if sizes[index] >= max(1, limits.MIN_COMPONENT_SHARE * sizes.max())
        ]

    @cached_property
    def solid(self):
        """The components that are too thick for strokes."""
        return [component for component in self.components if component.is_solid]

    @property
    def sheets(self):
        """The components that are sheets of paper."""
        return [component for component in self.components if component.is_sheet]

    @property
    def is_crowded(self):
        """Whether there is too much for one digit: many components of about the same height."""
        heights = np.array([component.height for component in self.components])
        return (heights > limits.MIN_CROWD_SHARE * heights.max()).sum() >= limits.MIN_CROWD

    @property
    def is_cropped_tightly(self):
        """Whether the largest component, frames aside, reaches the picture's edge."""
        inner = (c.at_edge for c in self.components if not _is_in_border(c, self.labels))
        return next(inner, False)

    def mask_of(self, components):
        """Return the mask of some of the components."""
        return np.isin(self.labels, [component.label for component in components])


def find_regions(ink, *, is_cut=False, is_ink=False):
    """Yield each :class:`Region` that may be the digit, sheets and the most likely first.

    Args:
        ink: an :class:`Ink`.
        is_cut: whether components at the edge are incomplete: the rim of a shadow after the light
            around was subtracted, or something that continues beyond a sheet.
        is_ink: whether all of it is ink, however thick.
    """
    yield from (component.as_sheet() for component in ink.sheets)
    solid = [] if is_ink else ink.solid
    strokes = [c for c in ink.components if c not in solid]
    zero = _crossed_zero(strokes, ink.labels)
    if zero:
        ring, bar = zero
        doubt = "0, or 1 in a circle?" if bar.longer > limits.MAX_DASH_SHARE * ring.longer else ""
        is_circle = ring.aspect > limits.MIN_CIRCLE_ASPECT
        yield Region(ink.mask_of([bar] if doubt and is_circle else zero), doubt=doubt)
        return
    every, strokes = strokes, _inside_frames(strokes, ink.labels)
    frames = [c for c in every if c not in strokes and _content(c, every, ink.labels)]
    is_framed = any(frame.enclosed_share > limits.MIN_FRAME_SHARE for frame in frames)
    if not is_framed and all(stroke.has_hole for stroke in strokes):
        # A digit may touch the circle or box around it.
        is_round = any(
            stroke.enclosed_share > limits.MIN_FRAME_SHARE
            and stroke.aspect > limits.MIN_FRAME_ASPECT
            for stroke in strokes
        )
        shortest = limits.MIN_ROUND_LENGTH if is_round else limits.MIN_OUTLINED_LENGTH
        outlined = strokes_within_outlines(ink.mask_of(every), shortest)
        if outlined is not None:
            yield Region(outlined)
    if not strokes:
        # Solid components alone are the strokes of a broad marker, or a shadow if at the edge.
        shapes = [shape for shape in solid if not shape.at_edge]
        if shapes:
            yield Region(ink.mask_of(shapes), is_fallback=True)
        return
    inner = [stroke for stroke in strokes if not stroke.at_edge]
    if not inner:
        yield Region(ink.mask_of(strokes), doubt="cut off?" if is_cut else "")
        return
    outer = [s for s in strokes if s.at_edge and not (is_cut or _is_in_border(s, ink.labels))]
    total = sum(stroke.size for stroke in inner + outer)
    is_left_out = sum(stroke.size for stroke in outer) > limits.MAX_LEFT_OUT_SHARE * total
    doubt = "part of an outline?" if frames and not is_framed else ""
    doubt = "a part left out?" if is_left_out else doubt
    if any(_is_as_tall(stroke, inner) for stroke in strokes if stroke not in inner + outer):
        doubt = "more than one digit?"
    rest = [stroke for stroke in inner if not _underlines(stroke, inner)]
    if len(rest) < len(inner):
        yield Region(ink.mask_of(rest), doubt=doubt)
    yield Region(ink.mask_of(inner), doubt=doubt)
    if is_left_out:
        yield Region(ink.mask_of(inner + outer))


def sheets_within(mask):
    """Find sheets that a mask surrounds, as a dark table does: a list of :class:`Region`."""
    holes = Ink(~mask).components
    return [hole.as_sheet() for hole in holes if not hole.at_edge and hole.is_sheet]


def strokes_within_outlines(mask, shortest):
    """Find the strokes of a digit that is drawn by its outlines, bool; None if it is not.

    What is between two outlines is as wide as a stroke everywhere, unlike the inside of a 0.
    ``shortest`` is the least length of a stroke, by its width.
    """
    holes = ndimage.binary_fill_holes(mask) & ~mask
    labels, count = ndimage.label(holes)
    if not count:
        return None
    depth = ndimage.distance_transform_edt(holes)
    numbers = np.arange(1, count + 1)
    areas, means = ndimage.sum(holes, labels, numbers), ndimage.mean(depth, labels, numbers)
    lengths = areas / (4 * means) ** 2  # by the width, four times the mean distance to the edge
    is_even = ndimage.maximum(depth, labels, numbers) < limits.MAX_UNEVENNESS * means
    # A broad 0 has a narrow hole; outlines are narrower than what is between them.
    line = ndimage.distance_transform_edt(mask)[mask].mean()
    is_wide = line < limits.MAX_OUTLINE_SHARE * means
    strokes = numbers[is_wide & (lengths > shortest) & is_even]
    return np.isin(labels, strokes) if len(strokes) else None


def crosses(ink, area):
    """Return whether any component of the ink lies partly inside an area, bool, of its shape."""
    inside = np.bincount(ink.labels[area], minlength=ink.labels.max() + 1)
    shares = [inside[component.label] / component.size for component in ink.components]
    return any(
        limits.MIN_CROSSING_SHARE < share < 1 - limits.MIN_CROSSING_SHARE for share in shares
    )


def _inside_frames(components, labels):
    """Leave out frames, all that is outside of them, and specks."""
    for frame in sorted(components, key=lambda component: -component.height * component.width):
        content = _content(frame, components, labels)
        if content:
            return _inside_frames(content, labels)
    largest = max((c.size for c in components), default=0)
    return [c for c in components if c.size >= limits.MIN_STROKE_SHARE * largest]


def _content(frame, components, labels):
    """List the components that a frame encloses, without dots because some write a 0 with one."""
    shortest = limits.MIN_CONTENT_SHARE * frame.longer
    others = [c for c in components if shortest < c.longer < frame.longer and not c.is_dot]
    if not others:
        return []
    counts = np.bincount(labels[frame.enclosed], minlength=labels.max() + 1)
    return [c for c in others if counts[c.label] > 0.9 * c.size]


def _crossed_zero(components, labels):
    """Find a ring that encloses nothing but one straight bar: a list of both, or empty."""
    for ring in components:
        content = _content(ring, components, labels)
        if len(content) == 1 and content[0].is_bar and ring.is_ring:
            return [ring, *content]
    return []


def _is_as_tall(stroke, digit):
    """Return whether a stroke may be another digit: nearly as tall, and no line from edge to edge.

    ``digit`` is a list of components.
    """
    top = min(component.box[0].start for component in digit)
    bottom = max(component.box[0].stop for component in digit)
    is_line = stroke.height > limits.MAX_LINE_SHARE * stroke.shape[0]
    return stroke.height > limits.MIN_HEIGHT_SHARE * (bottom - top) and not is_line


def _is_in_border(component, labels):
    """Return whether nearly all of a component is near the picture's edges."""
    rows, columns = (round(limits.BORDER_SHARE * side) for side in labels.shape)
    middle = labels[rows:-rows, columns:-columns] if rows and columns else labels
    return (middle == component.label).sum() < 0.2 * component.size


def _underlines(bar, components):
    """Return whether a component is a horizontal line below all others."""
    others = [component for component in components if component is not bar]
    is_flat = bar.height < limits.MAX_BAR_ASPECT * bar.width
    return others and is_flat and all(c.box[0].stop <= bar.box[0].start for c in others)
