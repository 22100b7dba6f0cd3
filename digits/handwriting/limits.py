"""The tuned limits of all rules that find the digit in a picture and flag doubtful readings.

They were chosen by the groups of ``benchmarks.handwriting`` and the drawings of
``tests/handwriting``, unless a comment names another source.
"""

# Ink and paper (binarize.py).

# Pixels of the longer side of the picture that is searched for ink. The lengths in pixels below are
# of a picture of this size, the levels are of 255.
WORK_SIDE = 400
BLUR_PIXELS = 1.5  # standard deviation of the Gaussian that suppresses noise
MIN_CONTRAST = 12  # levels by which ink must be darker or lighter than the paper
# Contrast by the standard deviation of the paper. Pure noise, divided in two classes, has 2.7.
MIN_CONTRAST_TO_NOISE = 4.0
FINE_STROKE_SHARE = 0.3  # of the contrast: fine strokes, which are paler, have at least this much
RULE_SHARE = 0.12  # of the contrast: ruled lines are searched for among all that has this much
EVEN_INK_SHARE = 0.8  # of the contrast: ink has a smaller range, a shadow across ink a larger one
EVEN_LIGHT_SHARE = 0.35  # of the contrast: paper in even light has a smaller range of luminance
MARGIN_SHARE = 0.08  # of each side: a margin that is wider than the usual frame of a picture
MAX_MARGIN_INK_SHARE = 0.1  # of the margin: ink that covers more may be a shadow
OPENING_PIXELS = 50  # side of the square that is wider than any stroke
CELL_PIXELS = 8  # side of the cells in which the light on the paper is estimated
POLARITY_MARGIN = 0.35  # below this, dark and light are both tried as the ink; 1 would always do so

# Ruled lines (ruled_lines.py).

MAX_THICKNESS_SHARE = 0.03  # of the picture's longer side: thicker lines are not ruled lines
MAX_END_SHARE = 0.02  # of the width: an end of a line is as close to the edge
MIN_PARALLEL = 3  # lines: as many are ruled even if an edge hides their ends
MIN_REST_SHARE = 0.1  # of the ink: with less beside it, a line is the digit
MIN_LENGTH_SHARE = 0.8  # of the width: the visible part of a line; noise and glare hide the rest

# Components (components.py).

# Shares of the size, in pixels, of the largest component.
MIN_COMPONENT_SHARE = 0.005  # smaller ones are ignored
MIN_STROKE_SHARE = 0.04  # smaller ones are dirt, unless the largest is a frame around them
MAX_COMPONENTS = 30  # only the largest are examined
# Share of a component that its largest inner circle covers. A stroke is longer than it is wide, so
# it has less. 2 of 1,000 digits of MNIST have more, and 25 of 1,000 drawn with a broad marker.
MIN_DOT_SHARE = 0.5
# Half of the widest stroke divided by the longer side. A component that reaches the edge and has
# more is a shadow. None of 1,000 digits of MNIST has more.
MIN_SHADOW_RADIUS_SHARE = 0.25
MIN_SHEET_FILL_SHARE = 0.85  # of its smallest rectangle: a sheet fills more. A 0 fills 0.8.
MIN_SHEET_RIM_SHARE = 0.12  # half of the widest rim around the ink on a sheet, by its longer side
MAX_SHEET_ASPECT = 2.5  # longer by shorter side of a sheet; a 1 is narrower
MAX_TURN = 25  # degrees: a digit on a sheet that is turned by more may lie on its side
MIN_SHEET_RADIUS_SHARE = 0.06  # half of a sheet's shorter side, by the picture's longer side
MAX_FRAME_GAP_SHARE = 0.03  # gaps in a frame that is drawn by hand, by its longer side
# Of its smallest upright rectangle: a circle or box around a digit surrounds more, the outline of
# an outlined digit less, but for a 0, of which either gives the same reading.
MIN_FRAME_SHARE = 0.76
MIN_FRAME_ASPECT = 0.8  # shorter by longer side of a circle or box that the digit in it touches
MIN_CONTENT_SHARE = 0.15  # longer side of what a frame encloses, by that of the frame
BORDER_SHARE = 0.15  # of the picture's sides: ink that reaches the edge and stays here is no digit
MAX_LEFT_OUT_SHARE = 0.15  # of the ink: more is not left out without a doubt
MAX_DASH_SHARE = 0.3  # of the height of a ring: a bar in it that is longer may be a 1 in a circle
MIN_CIRCLE_ASPECT = 0.96  # shorter by longer side of a circle around a 1; most 0s have 0.6 to 0.9
MAX_BAR_BEND = 1.5  # width of a straight bar, bends included, by that of its stroke
ELLIPSE_SHARE = (0.6, 0.87)  # of its smallest upright rectangle; an ellipse covers 0.79
MIN_HEIGHT_SHARE = 0.6  # of the digit's height: what is taller and left out may be another digit
MAX_LINE_SHARE = 0.95  # of the picture's height: what is taller is a line from edge to edge
MIN_OUTLINED_LENGTH = 5  # of what is between outlines, by its width; the inside of a 0 has 2 to 4
MIN_ROUND_LENGTH = 12  # the same, of what is as round as a circle that a digit in it touches
MAX_OUTLINE_SHARE = 0.7  # of the width between outlines: the width of their line
MAX_UNEVENNESS = 3.4  # half of the largest width by the mean distance to the edge; a stroke has 2
MIN_CROWD, MIN_CROWD_SHARE = 12, 0.4  # components, and their height by that of the tallest
MIN_CROSSING_SHARE = 0.2  # of a component: as much lies on either side of an edge that it crosses
MAX_BAR_ASPECT = 0.2  # height by width of a line below a digit

# Crops and stroke widths (normalize.py).

MAX_CROPS = 3  # times that a picture is cropped: to a sheet, to a note on it, to a small digit
MIN_VISIBLE = 8  # levels of 255: a picture whose luminance varies less is blank
MAX_CANDIDATES = 6  # of one picture
SHEET_EDGE_PIXELS = 4  # of WORK_SIDE: width of the blurred edge of a sheet
MIN_STROKE_PIXELS, MAX_STROKE_PIXELS = 2.0, 4.5  # of IMAGE_SIDE: widths that the network knows well
# Pixels of IMAGE_SIDE. Thinning a wider stroke may give it a form that nobody drew.
MAX_RELIABLE_STROKE_PIXELS = 7.0

# Doubts (uncertainty.py).

# A reading with less confidence is called unsure. On clean digits nearly all readings have more,
# and about half of the mistakes have less. A higher threshold would mark many correct readings.
SURE = 0.9
# Width by height of one digit. 1 of 1,000 digits of MNIST is as wide; three side by side are wider.
MAX_WIDTH_TO_HEIGHT = 1.7
MIN_SECOND_DIGIT_SHARE = 0.15  # of the ink
MAX_OVERLAP_SHARE = 0.2  # of the narrower of two digits side by side: columns that they share
