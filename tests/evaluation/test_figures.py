"""Pictures: reproducible PNGs without a date, labelled, and showing what they say."""

import struct

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from digits.evaluation import scoring
from digits.evaluation.figures.calibration import calibration_figure
from digits.evaluation.figures.confusion import confusion_figure
from digits.evaluation.figures.curves import curve
from digits.evaluation.figures.predictions import WRONG_COLOR, first_figure, mistakes_figure
from digits.evaluation.figures.roc import roc_figure
from digits.evaluation.figures.style import save
from digits.evaluation.figures.warps import warps_figure
from digits.params import Augment
from tests.synthetic import draw_digits

IMAGES, LABELS = draw_digits(40, seed=0)
AUGMENT = Augment(rotation=10.0, shift=2.0, zoom=0.1, shear=0.1)
HISTORY = pd.DataFrame(
    {
        "epoch": [1, 2, 3],
        "loss": [1.0, 0.5, 0.3],
        "val_loss": [0.8, 0.4, 0.25],
        "accuracy": [0.5, 0.9, 0.95],
        "val_accuracy": [0.8, 0.9625, 1.0],
    }
)


def random_probabilities():
    """Make probabilities that are right about half of the time."""
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.ones(10), len(LABELS))
    probabilities[np.arange(len(LABELS)), LABELS] += 0.3
    return probabilities / probabilities.sum(axis=1, keepdims=True)


def predictions(actual, predicted, confidence):
    """Make a table of predictions, as scoring does."""
    return pd.DataFrame(
        {
            "index": range(len(actual)),
            "actual": actual,
            "predicted": predicted,
            "confidence": confidence,
        }
    )


PROBABILITIES = random_probabilities()
TABLE = scoring.predictions_table(LABELS, PROBABILITIES)
CHARTS = {
    "accuracy": lambda: curve(HISTORY, "accuracy"),
    "loss": lambda: curve(HISTORY, "loss"),
    "calibration": lambda: calibration_figure(
        scoring.calibration_bins(LABELS, PROBABILITIES), error=0.125
    ),
    "confusion": lambda: confusion_figure(scoring.confusion(LABELS, TABLE["predicted"])),
    "roc": lambda: roc_figure(scoring.roc_curves(LABELS, PROBABILITIES)),
}
GRIDS = {
    "first": lambda: first_figure(IMAGES[:6], TABLE.head(6)),
    "mistakes": lambda: mistakes_figure(IMAGES[:6], TABLE.head(6)),
    "warps": lambda: warps_figure(IMAGES[:1], seed=0, augment=AUGMENT),
}


def chunk_kinds(content):
    """List the kinds of the chunks of a PNG."""
    kinds, position = [], 8
    while position < len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        kinds.append(kind.decode())
        position += 12 + length
    return kinds


def captions(figure):
    """List the captions of a grid that are not empty."""
    return [axes.get_title() for axes in figure.axes if axes.get_title()]


@pytest.mark.parametrize("draw", (CHARTS | GRIDS).values(), ids=CHARTS | GRIDS)
def test_saved_twice_has_the_same_bytes(tmp_path, draw):
    """Drawn anew, the PNG has the same bytes, and no chunk that says when and by what."""
    contents = []
    for name in ("first.png", "second.png"):
        figure = draw()
        assert isinstance(figure, Figure)
        save(figure, tmp_path / name)
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1]
    assert contents[0].startswith(b"\x89PNG\r\n\x1a\n")
    kinds = chunk_kinds(contents[0])
    assert kinds[-1] == "IEND"
    assert {"tEXt", "zTXt", "iTXt", "tIME"}.isdisjoint(kinds)


@pytest.mark.parametrize("draw", CHARTS.values(), ids=CHARTS)
def test_charts_are_labelled(draw):
    """Each chart has a title and says what its axes are."""
    axes = draw().axes[0]
    assert axes.get_title()
    assert axes.get_xlabel()
    assert axes.get_ylabel()


@pytest.mark.parametrize("draw", GRIDS.values(), ids=GRIDS)
def test_grids_are_titled(draw):
    """Each grid has a title, and a caption above each image."""
    figure = draw()
    assert figure.get_suptitle()
    shown = [axes for axes in figure.axes if axes.images]
    assert [bool(axes.get_title()) for axes in shown] == [True] * len(shown)


@pytest.mark.parametrize(("measure", "last"), [("accuracy", "100.00%"), ("loss", "0.2500")])
def test_curve_writes_the_last_value(measure, last):
    """Both curves are there, and the number that the network ends with stands beside its point."""
    (axes,) = curve(HISTORY, measure).axes
    assert [text.get_text() for text in axes.texts] == [last]
    training, validation = axes.get_lines()
    assert list(training.get_xdata()) == [1, 2, 3]
    assert list(training.get_ydata()) == list(HISTORY[measure])
    assert list(validation.get_ydata()[:2]) == list(HISTORY[f"val_{measure}"][:2])


def test_accuracy_of_0_and_1_has_a_place(tmp_path):
    """What lies infinitely far on the scale is drawn at its edge."""
    history = HISTORY.assign(accuracy=[0.0, 0.5, 1.0], val_accuracy=[0.0, 0.5, 1.0])
    figure = curve(history, "accuracy")
    save(figure, tmp_path / "accuracy.png")
    low, high = figure.axes[0].get_ylim()
    for line in figure.axes[0].get_lines():
        assert np.isfinite([low, high]).all()
        assert (low < line.get_ydata()).all()
        assert (line.get_ydata() < high).all()


def test_confusion_counts_errors_and_leaves_zeros_out():
    """The title counts the errors; each cell that is not 0 has its number."""
    matrix = np.diag([3] * 10)
    matrix[4, 9] = 2
    axes = confusion_figure(matrix).axes[0]
    assert axes.get_title() == "Confusion matrix: 2 errors in 32 images"
    numbers = {text.get_position(): text.get_text() for text in axes.texts if text.get_text()}
    expected = {(digit + 0.5, digit + 0.5): "3" for digit in range(10)}
    assert numbers == expected | {(9.5, 4.5): "2"}  # to the right: predicted; downwards: actual


def test_confusion_without_errors(tmp_path):
    """A perfect network has a picture too."""
    figure = confusion_figure(np.diag([3] * 10))
    save(figure, tmp_path / "confusion.png")
    assert figure.axes[0].get_title() == "Confusion matrix: 0 errors in 30 images"


def test_calibration_shows_each_bin():
    """Each bin is a point at its confidence and accuracy; the title has the error."""
    bins = scoring.calibration_bins(LABELS, PROBABILITIES)
    (axes,) = calibration_figure(bins, error=0.0123).axes
    assert "1.23%" in axes.get_title()
    points = axes.containers[0].lines[0]
    np.testing.assert_array_equal(points.get_xdata(), bins["confidence"])
    np.testing.assert_array_equal(points.get_ydata(), bins["accuracy"])


@pytest.mark.parametrize("right", [True, False])
def test_calibration_of_extremes(tmp_path, right):
    """All right or all wrong gives no error bar of a negative length."""
    labels = np.full(20, 3, np.uint8)
    probabilities = np.eye(10)[labels if right else labels + 1]
    figure = calibration_figure(scoring.calibration_bins(labels, probabilities), error=0.0)
    save(figure, tmp_path / "calibration.png")
    points = figure.axes[0].containers[0].lines[0]
    assert set(points.get_ydata()) == {float(right)}


def test_roc_legend_has_each_digit_with_its_area():
    """A curve a digit, in the order of the digits."""
    curves = scoring.roc_curves(LABELS, PROBABILITIES)
    (axes,) = roc_figure(curves).axes
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == [f"{digit}   area {area:.6f}" for digit, (_, _, area) in curves.items()]
    assert len(labels) == 10


def test_roc_without_a_curve(tmp_path):
    """Where only one digit occurs there is no curve, and still a picture without a warning."""
    figure = roc_figure({})
    save(figure, tmp_path / "roc.png")
    assert figure.axes[0].get_title()


def test_first_figure_marks_what_is_wrong():
    """The first 25 images are shown in their order, the captions of wrong ones in red."""
    actual = LABELS.astype(int)
    predicted = actual.copy()
    predicted[2] = (actual[2] + 1) % 10
    figure = first_figure(IMAGES, predictions(actual, predicted, 0.9))
    shown = [axes for axes in figure.axes if axes.images]
    assert len(shown) == 25
    for number, axes in enumerate(shown):
        np.testing.assert_array_equal(axes.images[0].get_array(), IMAGES[number])
        says = f"actual {actual[number]}, predicted {predicted[number]}"
        assert axes.get_title() == says
        assert (to_hex(axes.title.get_color()) == WRONG_COLOR) == (number == 2)


def test_mistakes_are_in_the_order_of_confidence():
    """Only wrong ones are shown, the most confident first, of equal ones the earlier first."""
    table = predictions(
        actual=[1, 2, 3, 4, 5], predicted=[7, 2, 8, 9, 6], confidence=[0.6, 0.99, 0.9, 0.6, 0.6]
    )
    figure = mistakes_figure(IMAGES[:5], table)
    assert captions(figure) == ["3 → 8   90.0%", "1 → 7   60.0%", "4 → 9   60.0%", "5 → 6   60.0%"]
    shown = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    np.testing.assert_array_equal(shown, IMAGES[[2, 0, 3, 4]])
    assert "all of 4" in figure.get_suptitle()


def test_mistakes_on_disputed_labels_are_marked():
    """A mark says where the label is disputed, and the title what it means, if there is one."""
    table = predictions(actual=[1, 2, 3], predicted=[7, 7, 7], confidence=[0.9, 0.8, 0.7])
    figure = mistakes_figure(IMAGES[:3], table, disputed=[1, 5])
    assert captions(figure) == ["1 → 7   90.0%", "2 → 7   80.0%  ?", "3 → 7   70.0%"]
    assert "?: the label itself is disputed" in figure.get_suptitle()
    assert "disputed" not in mistakes_figure(IMAGES[:3], table, disputed=[5]).get_suptitle()


def test_many_mistakes_are_cut_off():
    """Beyond a page of 50 only the most confident are shown, and the title says so."""
    images, labels = draw_digits(60, seed=1)
    confidence = np.linspace(0.2, 0.9, 60)
    actual = labels.astype(int)
    figure = mistakes_figure(images, predictions(actual, (actual + 1) % 10, confidence))
    assert len(captions(figure)) == 50
    assert captions(figure)[0].endswith("90.0%")
    assert "the 50 most confident of 60" in figure.get_suptitle()


def test_no_mistakes_are_said():
    """Without a mistake the picture says that there is none."""
    table = predictions(actual=[1, 2, 3], predicted=[1, 2, 3], confidence=[0.9, 0.9, 0.9])
    figure = mistakes_figure(IMAGES[:3], table)
    assert "All 3 images are classified correctly." in [text.get_text() for text in figure.texts]
    assert captions(figure) == []


def test_warps_begin_with_the_image_itself():
    """A row per image: as it is, then four warps that differ from it and from each other."""
    figure = warps_figure(IMAGES[:2], seed=0, augment=AUGMENT)
    assert captions(figure) == (["as it is"] + ["warped"] * 4) * 2
    shown = np.stack([axes.images[0].get_array() for axes in figure.axes])
    np.testing.assert_allclose(shown[[0, 5]], IMAGES[:2], atol=1e-2)
    assert len({image.tobytes() for image in shown}) == 10
