"""McNemar's test, and the other statistics that compare two classifiers on the same images.

In all functions, ``fixed`` is the number of images that only the second classifier predicts
correctly, ``broken`` the number that only the first does, ``count`` the number of all images.
"""

import math

import pandas as pd
from scipy.stats import binomtest, norm, t

SIGNIFICANCE = 0.05
POWER = 0.8


def exact_mcnemar(fixed, broken):
    """Return the two-sided p-value of McNemar's exact test for equal error rates (McNemar, 1947).

    If the rates are equal, each discordant image is fixed or broken with probability 1/2. Without
    any the p-value is 1.0.
    """
    if fixed + broken == 0:
        return 1.0
    return float(binomtest(fixed, fixed + broken, 0.5).pvalue)


def required_images(fixed, broken, count):
    """Estimate the sample size at which the observed difference would be significant (int).

    At this size, McNemar's test at the 5 % level has a power of 80 %, provided that the shares of
    fixed and broken images stay the same (Connor, 1987). None if there is no difference.
    """
    if fixed == broken:
        return None
    discordant, difference = (fixed + broken) / count, abs(fixed - broken) / count
    one, other = norm.ppf(1 - SIGNIFICANCE / 2), norm.ppf(POWER)
    root = one * math.sqrt(discordant) + other * math.sqrt(discordant - difference**2)
    return math.ceil((root / difference) ** 2)


def seed_margin(errors):
    """Return how far the errors of two runs may differ if only their seeds do (float).

    This is the half-width of the 95 % prediction interval for the difference of two runs:
    Student's t times the standard deviation over the seeds times the square root of two.
    ``errors`` are the numbers of errors, one per seed; at least two.
    """
    errors = pd.Series(errors)
    quantile = t.ppf(1 - SIGNIFICANCE / 2, df=len(errors) - 1)
    return float(quantile * errors.std(ddof=1) * math.sqrt(2))


def pair_predictions(base, new):
    """Join two :func:`digits.evaluation.scoring.predictions_table` of the same images.

    Returns a DataFrame: index, actual, base and new (the two predictions), fixed and broken (bool).
    """
    base_right, new_right = base.predicted == base.actual, new.predicted == new.actual
    return base[["index", "actual"]].assign(
        base=base.predicted,
        new=new.predicted,
        fixed=~base_right & new_right,
        broken=base_right & ~new_right,
    )


def confusion_changes(pairs):
    """Count how often each digit was confused with each other digit, before and after.

    Returns a DataFrame: actual, predicted, base and new (numbers of errors), change. Pairs of
    digits without a change are left out. The most improved come first, ties by digit.
    """
    counts = {side: pairs.groupby(["actual", side]).size() for side in ("base", "new")}
    table = pd.DataFrame(counts).rename_axis(["actual", "predicted"]).fillna(0).astype(int)
    table["change"] = table["new"] - table["base"]
    table = table.query("change != 0 and actual != predicted").reset_index()
    return table.sort_values(["change", "actual", "predicted"], ignore_index=True)


def verdict(fixed, broken, count, *, margin):
    """Write in one sentence of Markdown whether a change is significant.

    It begins with the verdict: better, worse or not distinguishable. ``margin`` is the value of
    :func:`seed_margin`; None if it is unknown.
    """
    gained = fixed - broken
    if gained == 0:
        return "**Not distinguishable**: the numbers of fixed and broken images are the same."
    p_value = exact_mcnemar(fixed, broken)
    more = "fewer" if gained > 0 else "more"
    size = f"{abs(gained)} {more} errors in {count:,} images (p = {p_value:.2g})"
    if p_value >= SIGNIFICANCE:
        needed = required_images(fixed, broken, count)
        return (
            f"**Not distinguishable**: {size} may be chance. About {needed:,} images are needed to"
            " detect a difference of this size."
        )
    word = "better" if gained > 0 else "worse"
    if margin is None:
        return (
            f"The new model is **{word}**: {size}. Whether its recipe is {word} is unknown, because"
            " the seed-to-seed variation on these images is not measured (`make seeds`)."
        )
    variation = f"the seed-to-seed variation (up to {margin:.0f} errors either way)"
    if abs(gained) <= margin:
        return (
            f"**Not distinguishable**: {size} is a significant difference, but within {variation}."
        )
    return f"The change is **{word}**: {size}, which is more than {variation}."
