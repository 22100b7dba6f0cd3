"""Measures, against cases whose results can be worked out on paper."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from digits.evaluation import scoring


def probability_rows(*rows):
    """Make an array from a dict a row: from the digit to its probability; the rest is 0."""
    array = np.zeros((len(rows), 10), np.float64)
    for number, row in enumerate(rows):
        for digit, probability in row.items():
            array[number, digit] = probability
    return array


def sure_of(*digits):
    """Make rows that are sure of one digit each."""
    return probability_rows(*({digit: 1.0} for digit in digits))


def digits(*values):
    """Make labels."""
    return np.array(values, np.uint8)


# The second image is wrong: a 0 that is taken for a 1.
LABELS = digits(0, 0, 1, 2)
PROBABILITIES = probability_rows(
    {0: 0.8, 1: 0.2}, {0: 0.4, 1: 0.6}, {1: 0.55, 4: 0.45}, {2: 0.5, 0: 0.3, 3: 0.2}
)


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ("accuracy", 3 / 4),
        ("errors", 1),
        # Of the digits 0, 1 and 2; the others do not occur.
        ("precision", (1 + 1 / 2 + 1) / 3),
        ("recall", (1 / 2 + 1 + 1) / 3),
        ("f1", (2 / 3 + 2 / 3 + 1) / 3),
        # Only the 1 (0.55) has another image above it (0.6), one of three.
        ("roc_auc", (1 + 2 / 3 + 1) / 3),
        ("log_loss", -(math.log(0.8) + math.log(0.4) + math.log(0.55) + math.log(0.5)) / 4),
        ("brier", (2 * 0.2**2 + 2 * 0.6**2 + 2 * 0.45**2 + 0.5**2 + 0.3**2 + 0.2**2) / 4),
        # Four images, so four bins of one.
        ("calibration_error", (0.2 + 0.6 + 0.45 + 0.5) / 4),
    ],
)
def test_score_of_four_images(measure, value):
    """Each measure is what its definition gives on paper."""
    assert scoring.score(LABELS, PROBABILITIES)[measure] == pytest.approx(value, rel=1e-6)


def test_score_does_not_change_with_the_order():
    """The images in another order have the same score."""
    order = [2, 0, 3, 1]
    assert scoring.score(LABELS[order], PROBABILITIES[order]) == pytest.approx(
        scoring.score(LABELS, PROBABILITIES)
    )


def test_perfect_predictions():
    """Sure and right everywhere: each measure is at its best."""
    labels = np.arange(10, dtype=np.uint8).repeat(2)
    metrics = scoring.score(labels, sure_of(*labels))
    best = dict.fromkeys(["accuracy", "accuracy_high", "precision", "recall", "f1", "roc_auc"], 1)
    best |= dict.fromkeys(["errors", "log_loss", "brier", "calibration_error"], 0)
    low = metrics.pop("accuracy_low")
    assert metrics == pytest.approx(best, abs=1e-12)
    assert 0.8 < low < 1


def test_sure_and_wrong_everywhere():
    """The Brier score is 2, its most; the log loss is large but a number."""
    metrics = scoring.score(digits(0, 1), sure_of(1, 0))
    assert metrics["brier"] == pytest.approx(2)
    assert metrics["calibration_error"] == pytest.approx(1)
    assert (metrics["accuracy"], metrics["accuracy_low"], metrics["errors"]) == (0, 0, 2)
    assert 10 < metrics["log_loss"] < math.inf


def test_knowing_nothing():
    """The same probability everywhere has a log loss of ln 10 and a Brier score of 0.9."""
    labels = np.arange(10, dtype=np.uint8)
    metrics = scoring.score(labels, np.full((10, 10), 0.1, np.float64))
    assert metrics["log_loss"] == pytest.approx(math.log(10))
    assert metrics["brier"] == pytest.approx(0.9**2 + 9 * 0.1**2)
    assert metrics["roc_auc"] == pytest.approx(0.5)


def test_absent_class_is_left_out_of_the_means():
    """A digit that only the network sees is no class of the mean."""
    metrics = scoring.score(digits(0, 1), sure_of(0, 7))
    assert (metrics["precision"], metrics["recall"], metrics["f1"]) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize("count", [1, 2])
def test_one_class_alone_has_no_roc_auc(count):
    """With nothing to tell it from, the area is nan, and null in the file; the rest is defined."""
    metrics = scoring.score(digits(*[3] * count), sure_of(*[3] * count))
    assert math.isnan(metrics["roc_auc"])
    rounded = scoring.rounded(metrics)
    assert rounded["roc_auc"] is None
    assert [name for name, value in rounded.items() if value is None] == ["roc_auc"]
    assert rounded["accuracy"] == 1


def test_roc_auc_is_the_share_of_pairs_in_order():
    """The area is the share of (this digit, another) in which this one scores higher; ties half."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, 120).astype(np.uint8)
    # One decimal, so that there are ties.
    probabilities = random.dirichlet(np.ones(10), 120).round(1) + 0.01
    for digit, (_, _, area) in scoring.roc_curves(labels, probabilities).items():
        scores = probabilities[:, digit]
        difference = scores[labels == digit][:, np.newaxis] - scores[labels != digit]
        assert area == pytest.approx(((difference > 0) + (difference == 0) / 2).mean())


def test_roc_curves_are_of_the_classes_that_occur():
    """Each curve goes from (0, 0) to (1, 1)."""
    curves = scoring.roc_curves(LABELS, PROBABILITIES)
    assert list(curves) == [0, 1, 2]
    for false_rate, true_rate, _ in curves.values():
        assert (false_rate[0], true_rate[0]) == (0, 0)
        assert (false_rate[-1], true_rate[-1]) == (1, 1)


@pytest.mark.parametrize(("correct", "count"), [(0, 1), (1, 1), (1, 2), (9, 10), (9950, 10000)])
def test_wilson_interval_is_wilsons(correct, count):
    """The interval is that of the formula, written out."""
    z = norm.ppf(0.975)
    share = correct / count
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * math.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    expected = (middle - half, middle + half)
    assert scoring.wilson_interval(correct, count) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("count", [1, 3, 7, 100, 666, 10000])
def test_wilson_interval_holds_its_share(count):
    """The ends do not cross 0 and 1 by rounding: error bars cannot have negative lengths."""
    assert scoring.wilson_interval(0, count)[0] == 0
    assert scoring.wilson_interval(count, count)[1] == 1


def test_calibration_bins_are_of_equal_mass():
    """30 images make 15 bins of two, from unsure to sure, each with its means and interval."""
    confidence = np.linspace(0.41, 0.99, 30)
    # In an order that is not that of confidence; every second of a bin's two is wrong.
    order = np.random.default_rng(0).permutation(30)
    rows = probability_rows(*({1: c, 2: 1 - c} if c > 0.5 else {1: c} for c in confidence))
    labels = digits(*[1, 0] * 15)
    bins = scoring.calibration_bins(labels[order], rows[order])
    assert list(bins["count"]) == [2] * 15
    assert list(bins["accuracy"]) == [0.5] * 15
    np.testing.assert_allclose(bins["confidence"], confidence.reshape(15, 2).mean(1), rtol=1e-6)
    assert set(zip(bins["low"], bins["high"], strict=True)) == {scoring.wilson_interval(1, 2)}


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (14, [1] * 14), (32, [3, 3] + [2] * 13)])
def test_calibration_bins_of_other_counts(count, sizes):
    """Few images make fewer bins; what does not divide goes to the first ones."""
    bins = scoring.calibration_bins(digits(*[1] * count), sure_of(*[1] * count))
    assert list(bins["count"]) == sizes


def test_calibration_error_is_weighted_by_count():
    """Three images that are off by 0.1 and one that is off by 0.5 are off by 0.2."""
    bins = pd.DataFrame({"accuracy": [0.9, 0.0], "confidence": [0.8, 0.5], "count": [3, 1]})
    assert scoring.calibration_error(bins) == pytest.approx(0.2)


# With and without a predicted digit that does not occur, on which sklearn changes its rows.
@pytest.mark.parametrize("last", [2, 7])
def test_report_has_a_row_a_class_and_two_means(last):
    """The rows are the classes that occur and the two averages, whatever was predicted."""
    table = scoring.report(LABELS, digits(0, 1, 1, last))
    assert list(table.columns) == ["class", "precision", "recall", "f1", "support"]
    assert list(table["class"]) == ["0", "1", "2", "macro average", "weighted average"]
    assert list(table["support"]) == [2, 1, 1, 4, 4]
    found = float(last == 2)
    assert list(table["precision"]) == pytest.approx(
        [1, 0.5, found, (1.5 + found) / 3, (2 * 1 + 0.5 + found) / 4]
    )
    assert list(table["recall"]) == pytest.approx(
        [0.5, 1, found, (1.5 + found) / 3, (2 * 0.5 + 1 + found) / 4]
    )


def test_confusion_counts_actual_by_predicted():
    """Rows are the actual digits, columns the predicted ones, all ten of each."""
    expected = np.zeros((10, 10), int)
    expected[0, 0] = expected[0, 1] = 1
    expected[9, 1] = 2
    matrix = scoring.confusion(digits(0, 0, 9, 9), digits(0, 1, 1, 1))
    np.testing.assert_array_equal(matrix, expected)


def test_predictions_table_has_a_row_an_image():
    """Each image has its index, what it is, what was read and how surely."""
    table = scoring.predictions_table(LABELS, PROBABILITIES)
    assert list(table.columns) == ["index", "actual", "predicted", "confidence"]
    assert list(table["index"]) == [0, 1, 2, 3]
    assert list(table["actual"]) == [0, 0, 1, 2]
    assert list(table["predicted"]) == [0, 1, 1, 2]
    assert list(table["confidence"]) == pytest.approx([0.8, 0.6, 0.55, 0.5])


def test_rounded_keeps_whole_numbers():
    """Floats get five decimals, the count of errors stays whole, nan becomes None."""
    metrics = {"accuracy": 0.123456789, "errors": 47, "roc_auc": float("nan")}
    rounded = scoring.rounded(metrics)
    assert rounded == {"accuracy": 0.12346, "errors": 47, "roc_auc": None}
    assert isinstance(rounded["errors"], int)
