"""The statistics of a review, checked against worked examples and simulations."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, t

from digits.review.comparison import (
    confusion_changes,
    exact_mcnemar,
    pair_predictions,
    required_images,
    seed_margin,
    verdict,
)


def predictions(actual, predicted):
    """Make a table of predictions."""
    return pd.DataFrame(
        {"index": range(len(actual)), "actual": actual, "predicted": predicted, "confidence": 1.0}
    )


@pytest.mark.parametrize(
    ("fixed", "broken", "p_value"),
    [
        (0, 0, 1.0),
        (5, 5, 1.0),
        (1, 0, 1.0),  # a single image: both outcomes are equally extreme
        (5, 0, 2 / 2**5),
        (0, 10, 2 / 2**10),
        (9, 1, 2 * (1 + 10) / 2**10),
    ],
)
def test_mcnemar_worked_examples(fixed, broken, p_value):
    """The p-value is the share of coin tosses that are at least as uneven."""
    assert exact_mcnemar(fixed, broken) == pytest.approx(p_value)


@pytest.mark.parametrize(("fixed", "broken"), [(30, 12), (3, 40), (100, 101), (7, 8)])
def test_mcnemar_is_a_binomial_test(fixed, broken):
    """The p-value is twice the tail of the binomial distribution, at most 1."""
    tail = binom.cdf(min(fixed, broken), fixed + broken, 0.5)
    assert exact_mcnemar(fixed, broken) == pytest.approx(min(1.0, 2 * tail))


def test_required_images_give_the_stated_power():
    """With that many images, the test finds the difference in about 80 % of simulated reviews."""
    fixed, broken, count = 12, 4, 1000
    needed = required_images(fixed, broken, count)
    random = np.random.default_rng(0)
    shares = [fixed / count, broken / count, 1 - (fixed + broken) / count]
    draws = random.multinomial(needed, shares, size=500)
    found = np.mean([exact_mcnemar(int(one), int(other)) < 0.05 for one, other, _ in draws])
    # The exact test is a little less powerful than the formula's approximation.
    assert 0.7 < found < 0.88


def test_required_images_without_a_difference():
    """Without a difference there is no such number."""
    assert required_images(4, 4, 100) is None


def test_seed_margin():
    """The margin is Student's t times the standard deviation times the square root of two."""
    errors = [30, 34, 38]
    assert seed_margin(errors) == pytest.approx(t.ppf(0.975, 2) * 4 * math.sqrt(2))


def test_coverage_of_the_seed_margin():
    """Two runs of a recipe differ by less than the margin of five others in 95 % of simulations."""
    random = np.random.default_rng(0)
    inside = [
        abs(run[0] - run[1]) <= seed_margin(run[2:]) for run in random.normal(35, 5, size=(1500, 7))
    ]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.015)


def test_pair_predictions_and_confusion_changes():
    """Fixed and broken images and confused pairs of digits match a count by hand."""
    actual = [1, 2, 3, 4, 4, 4]
    base = predictions(actual, [7, 2, 5, 9, 9, 4])
    new = predictions(actual, [1, 7, 8, 9, 4, 9])
    pairs = pair_predictions(base, new)
    assert list(pairs.fixed) == [True, False, False, False, True, False]
    assert list(pairs.broken) == [False, True, False, False, False, True]
    changes = {
        (row.actual, row.predicted): (row.base, row.new)
        for row in confusion_changes(pairs).itertuples()
    }
    # 4 is confused with 9 twice before and after, though in different images: no change.
    assert changes == {(1, 7): (1, 0), (3, 5): (1, 0), (2, 7): (0, 1), (3, 8): (0, 1)}


@pytest.mark.parametrize(
    ("fixed", "broken", "margin", "begins", "says"),
    [
        (4, 4, 10, "**Not distinguishable**", "fixed and broken images"),
        (8, 5, 10, "**Not distinguishable**", "(p = 0.58) may be chance"),
        (15, 1, 20, "**Not distinguishable**", "up to 20 errors"),
        (60, 10, 20, "The change is **better**", "50 fewer errors in 10,000 images"),
        (10, 60, 20, "The change is **worse**", "up to 20 errors"),
        (60, 10, None, "The new model is **better**", "make seeds"),
    ],
)
def test_verdict(fixed, broken, margin, begins, says):
    """A change is better or worse only if it exceeds both chance and the seed margin."""
    sentence = verdict(fixed, broken, 10_000, margin=margin)
    assert sentence.startswith(begins)
    assert says in sentence
