"""Figures: reproducible PNGs without a date, labelled, and showing what they say."""

import hashlib
import struct

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from digits.evaluation import disputed, scoring
from digits.evaluation.figures import Results, all_figures
from digits.evaluation.figures.calibration import calibration_figure
from digits.evaluation.figures.confusion import confusion_figure
from digits.evaluation.figures.curves import curve
from digits.evaluation.figures.predictions import WRONG_COLOR, first_figure, mistakes_figure
from digits.evaluation.figures.roc import roc_figure
from digits.evaluation.figures.style import save
from digits.evaluation.figures.warps import augmented_figure
from tests.project import PICTURES
from tests.synthetic import draw_digits

IMAGES, LABELS = draw_digits(40, seed=0)
FIGURES = all_figures()
GRIDS = ["Augmented_images", "First_25_images", "Incorrectly_classified_images"]
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


def results_of(labels, probabilities, *, images=IMAGES, history=HISTORY):
    """Put together what the figures show of the first images."""
    labels = np.asarray(labels, np.uint8)
    return Results(
        images=images[: len(labels)],
        labels=labels,
        probabilities=probabilities,
        predictions=scoring.predictions_table(labels, probabilities),
        history=history,
        augmented=IMAGES[:10].reshape(2, 5, 28, 28).astype(np.float32) / 255,
    )


def predicted(actual, predicted, confidence=0.9, **options):
    """Make results in which each digit is predicted with this confidence."""
    confidence = np.broadcast_to(confidence, len(actual))
    probabilities = np.repeat((1 - confidence[:, np.newaxis]) / 9, 10, axis=1)
    probabilities[np.arange(len(actual)), predicted] = confidence
    return results_of(actual, probabilities, **options)


RANDOM = results_of(LABELS, random_probabilities())


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


def test_every_figure_is_an_output():
    """The registered figures are the PNGs that dvc.yaml names."""
    assert {f"plots/{name}.png" for name in FIGURES} == PICTURES


QUICK = ["First_25_images", "Confusion_Matrix"]
SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in FIGURES if name not in QUICK]


@pytest.mark.parametrize("name", QUICK + SLOW)
def test_saved_twice_has_the_same_bytes(tmp_path, name):
    """Drawn again, the PNG has the same bytes, and no chunk with a date or a version."""
    contents = []
    for _ in range(2):
        save(tmp_path / "figure.png", FIGURES[name], RANDOM)
        contents.append((tmp_path / "figure.png").read_bytes())
    assert contents[0] == contents[1]
    assert contents[0].startswith(b"\x89PNG\r\n\x1a\n")
    kinds = chunk_kinds(contents[0])
    assert kinds[-1] == "IEND"
    assert {"tEXt", "zTXt", "iTXt", "tIME"}.isdisjoint(kinds)


def test_settings_of_matplotlib_are_untouched(tmp_path):
    """Drawing changes no setting, and a setting changes no drawing."""
    save(tmp_path / "plain.png", roc_figure, RANDOM)
    settings = {"font.size": 30, "savefig.bbox": "tight", "axes.facecolor": "red"}
    # Without a backend, the comparison of the settings would choose one.
    with matplotlib.rc_context({"backend": "agg"} | settings):
        before = matplotlib.rcParams.copy()
        save(tmp_path / "set.png", roc_figure, RANDOM)
        assert matplotlib.rcParams == before
    assert (tmp_path / "set.png").read_bytes() == (tmp_path / "plain.png").read_bytes()


@pytest.mark.parametrize("name", sorted(FIGURES.keys() - GRIDS))
def test_charts_are_labelled(name):
    """Each chart has a title and says what its axes are."""
    axes = FIGURES[name](RANDOM).axes[0]
    assert axes.get_title()
    assert axes.get_xlabel()
    assert axes.get_ylabel()


@pytest.mark.parametrize("name", GRIDS)
def test_grids_are_titled(name):
    """Each grid has a title, and a caption above each image."""
    figure = FIGURES[name](RANDOM)
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
    figure.savefig(tmp_path / "accuracy.png")
    low, high = figure.axes[0].get_ylim()
    for line in figure.axes[0].get_lines():
        assert np.isfinite([low, high]).all()
        assert (low < line.get_ydata()).all()
        assert (line.get_ydata() < high).all()


def test_confusion_counts_errors_and_leaves_zeros_out():
    """The title counts the errors; each cell that is not 0 has its number."""
    digits = [*range(10)] * 3
    axes = confusion_figure(predicted(digits + [4, 4], digits + [9, 9])).axes[0]
    assert axes.get_title() == "Confusion matrix: 2 errors in 32 images"
    numbers = {text.get_position(): text.get_text() for text in axes.texts if text.get_text()}
    expected = {(digit + 0.5, digit + 0.5): "3" for digit in range(10)}
    assert numbers == expected | {(9.5, 4.5): "2"}  # to the right: predicted; downwards: actual


def test_confusion_without_errors(tmp_path):
    """A perfect network has a picture too."""
    figure = confusion_figure(predicted([*range(10)] * 3, [*range(10)] * 3))
    figure.savefig(tmp_path / "confusion.png")
    assert figure.axes[0].get_title() == "Confusion matrix: 0 errors in 30 images"


def test_calibration_shows_each_bin():
    """Each bin is a point at its confidence and accuracy; the title has the error."""
    bins = scoring.calibration_bins(LABELS, RANDOM.probabilities)
    (axes,) = calibration_figure(RANDOM).axes
    assert f"{scoring.calibration_error(bins):.2%}" in axes.get_title()
    points = axes.containers[0].lines[0]
    np.testing.assert_array_equal(points.get_xdata(), bins["confidence"])
    np.testing.assert_array_equal(points.get_ydata(), bins["accuracy"])


@pytest.mark.parametrize("right", [True, False])
def test_calibration_of_extremes(tmp_path, right):
    """All right or all wrong gives no error bar of a negative length."""
    labels = np.full(20, 3, np.uint8)
    figure = calibration_figure(predicted(labels, labels if right else labels + 1, 1.0))
    figure.savefig(tmp_path / "calibration.png")
    points = figure.axes[0].containers[0].lines[0]
    assert set(points.get_ydata()) == {float(right)}


def test_roc_legend_has_each_digit_with_its_area():
    """A curve a digit, in the order of the digits."""
    curves = scoring.roc_curves(LABELS, RANDOM.probabilities)
    (axes,) = roc_figure(RANDOM).axes
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == [f"{digit}   area {area:.6f}" for digit, (_, _, area) in curves.items()]
    assert len(labels) == 10


def test_roc_without_a_curve(tmp_path):
    """Where only one digit occurs there is no curve, and still a picture without a warning."""
    figure = roc_figure(predicted([3, 3], [3, 4]))
    figure.savefig(tmp_path / "roc.png")
    assert figure.axes[0].get_title()


def test_first_figure_marks_what_is_wrong():
    """The first 25 images are shown in their order, the captions of wrong ones in red."""
    guesses = LABELS.astype(int)
    guesses[2] = (LABELS[2] + 1) % 10
    figure = first_figure(predicted(LABELS, guesses))
    shown = [axes for axes in figure.axes if axes.images]
    assert len(shown) == 25
    for number, axes in enumerate(shown):
        np.testing.assert_array_equal(axes.images[0].get_array(), IMAGES[number])
        assert axes.get_title() == f"actual {LABELS[number]}, predicted {guesses[number]}"
        assert (to_hex(axes.title.get_color()) == WRONG_COLOR) == (number == 2)


def test_mistakes_are_in_the_order_of_confidence():
    """Only wrong ones are shown, the most confident first, of equal ones the earlier first."""
    figure = mistakes_figure(
        predicted([1, 2, 3, 4, 5], [7, 2, 8, 9, 6], confidence=[0.6, 0.99, 0.9, 0.6, 0.6])
    )
    assert captions(figure) == ["3 → 8   90.0%", "1 → 7   60.0%", "4 → 9   60.0%", "5 → 6   60.0%"]
    shown = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    np.testing.assert_array_equal(shown, IMAGES[[2, 0, 3, 4]])
    assert "all of 4" in figure.get_suptitle()


def test_mistakes_on_disputed_labels_are_marked(monkeypatch):
    """A mark says where the label is disputed, and the title what it means, if there is one."""
    results = predicted([1, 2, 3], [7, 7, 7], confidence=[0.9, 0.8, 0.7])
    assert "disputed" not in mistakes_figure(results).get_suptitle()
    known = hashlib.sha256(results.labels).hexdigest()
    monkeypatch.setattr(disputed, "TEST_LABELS", known)
    monkeypatch.setattr(disputed, "DISPUTED", [1, 5])
    figure = mistakes_figure(results)
    assert captions(figure) == ["1 → 7   90.0%", "2 → 7   80.0%  ?", "3 → 7   70.0%"]
    assert "?: the label itself is disputed" in figure.get_suptitle()


def test_many_mistakes_are_cut_off():
    """Beyond a page of 50 only the most confident are shown, and the title says so."""
    images, labels = draw_digits(60, seed=1)
    confidence = np.linspace(0.2, 0.9, 60)
    figure = mistakes_figure(predicted(labels, (labels + 1) % 10, confidence, images=images))
    assert len(captions(figure)) == 50
    assert captions(figure)[0].endswith("90.0%")
    assert "the 50 most confident of 60" in figure.get_suptitle()


def test_no_mistakes_are_said():
    """Without a mistake the picture says that there is none."""
    figure = mistakes_figure(predicted([1, 2, 3], [1, 2, 3]))
    assert "All 3 images are classified correctly." in [text.get_text() for text in figure.texts]
    assert captions(figure) == []


def test_augmented_images_are_shown_row_by_row():
    """A row per image: the original, then its copies."""
    figure = augmented_figure(RANDOM)
    assert captions(figure) == (["original"] + ["augmented"] * 4) * 2
    shown = np.stack([axes.images[0].get_array() for axes in figure.axes])
    np.testing.assert_allclose(shown, IMAGES[:10], atol=1e-4)
