"""The statistics of a review, against hand-made cases and against another way to compute them."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, t

from digits.review.comparison import (
    exact_mcnemar,
    images_to_tell,
    pair_changes,
    paired,
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
        (1, 0, 1.0),  # one coin: either side is as extreme
        (5, 0, 2 / 2**5),
        (0, 10, 2 / 2**10),
        (9, 1, 2 * (1 + 10) / 2**10),
    ],
)
def test_mcnemar_by_hand(fixed, broken, p_value):
    """The p-value is the share of coin tosses at least as uneven."""
    assert exact_mcnemar(fixed, broken) == pytest.approx(p_value)


@pytest.mark.parametrize(("fixed", "broken"), [(30, 12), (3, 40), (100, 101), (7, 8)])
def test_mcnemar_by_the_distribution(fixed, broken):
    """Twice the tail of the binomial distribution, and at most 1."""
    tail = binom.cdf(min(fixed, broken), fixed + broken, 0.5)
    assert exact_mcnemar(fixed, broken) == pytest.approx(min(1.0, 2 * tail))


def test_images_to_tell_have_the_power_that_is_promised():
    """Among random draws of that many images, the test finds the difference in about 80 %."""
    fixed, broken, count = 12, 4, 1000
    needed = images_to_tell(fixed, broken, count)
    random = np.random.default_rng(0)
    shares = [fixed / count, broken / count, 1 - (fixed + broken) / count]
    draws = random.multinomial(needed, shares, size=2000)
    found = np.mean([exact_mcnemar(int(one), int(other)) < 0.05 for one, other, _ in draws])
    # The exact test is a little less powerful than the formula's approximation.
    assert 0.7 < found < 0.88


def test_images_to_tell_no_difference():
    """No number of images tells a difference that is not there."""
    assert images_to_tell(4, 4, 100) is None


def test_seed_margin():
    """Student's t times the standard deviation times the root of two."""
    errors = [30, 34, 38]
    assert seed_margin(errors) == pytest.approx(t.ppf(0.975, 2) * 4 * math.sqrt(2))


def test_two_seeds_lie_within_the_margin_as_often_as_promised():
    """Two runs of one recipe lie within the margin of five others in 95 % of the cases."""
    random = np.random.default_rng(0)
    inside = [
        abs(run[0] - run[1]) <= seed_margin(run[2:]) for run in random.normal(35, 5, size=(4000, 7))
    ]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.015)


def test_paired_and_pair_changes():
    """Fixed, broken and the pairs of digits are as counted by hand."""
    actual = [1, 2, 3, 4, 4, 4]
    base = predictions(actual, [7, 2, 5, 9, 9, 4])
    new = predictions(actual, [1, 7, 8, 9, 4, 9])
    pairs = paired(base, new)
    assert list(pairs.fixed) == [True, False, False, False, True, False]
    assert list(pairs.broken) == [False, True, False, False, False, True]
    changes = {
        (row.actual, row.predicted): (row.base, row.new) for row in pair_changes(pairs).itertuples()
    }
    # 4 read as 9 stays at two, once for another image: no change.
    assert changes == {(1, 7): (1, 0), (3, 5): (1, 0), (2, 7): (0, 1), (3, 8): (0, 1)}


@pytest.mark.parametrize(
    ("fixed", "broken", "margin", "begins", "says"),
    [
        (4, 4, 10, "**Not distinguishable**", "as many images are fixed as are broken"),
        (8, 5, 10, "**Not distinguishable**", "may be chance (p = 0.58)"),
        (15, 1, 20, "**Not distinguishable**", "within what another seed alone does"),
        (60, 10, 20, "The change is **better**", "50 fewer errors in 10,000 images"),
        (10, 60, 20, "The change is **worse**", "beyond what another seed alone does"),
        (60, 10, None, "The new model is **better**", "is not known here"),
    ],
)
def test_verdict(fixed, broken, margin, begins, says):
    """The sentence begins with the verdict, and needs both tests to call a change real."""
    sentence = verdict(fixed, broken, 10_000, margin=margin)
    assert sentence.startswith(begins)
    assert says in sentence
