"""Whether two classifiers differ, from what each predicted for the same images."""

import math

import pandas as pd
from scipy.stats import binomtest, norm, t

SIGNIFICANCE = 0.05
POWER = 0.8


def exact_mcnemar(fixed, broken):
    """Test whether two classifiers err equally often on the images that they were both given.

    Only the images count that one gets right and the other wrong; if neither is better, each of
    these falls to either side like a coin (McNemar, 1947; the exact form of it, two-sided).

    Args:
        fixed: number of images that only the second classifier gets right.
        broken: number of images that only the first one gets right.

    Returns:
        The p-value; 1.0 if there are no such images.
    """
    if fixed + broken == 0:
        return 1.0
    return float(binomtest(fixed, fixed + broken, 0.5).pvalue)


def images_to_tell(fixed, broken, count):
    """Estimate how many images it would take to tell a difference as large as the one seen.

    The number at which McNemar's test at 5 % finds it with probability 80 %, if the shares of
    fixed and broken images, of the ``count`` that were compared, stay as they are (Connor, 1987).

    Returns:
        A whole number; None where no difference is seen.
    """
    if fixed == broken:
        return None
    discordant, difference = (fixed + broken) / count, abs(fixed - broken) / count
    one, other = norm.ppf(1 - SIGNIFICANCE / 2), norm.ppf(POWER)
    root = one * math.sqrt(discordant) + other * math.sqrt(discordant - difference**2)
    return math.ceil((root / difference) ** 2)


def seed_margin(errors):
    """Give how far the errors of two runs lie apart if nothing but the seed differs.

    The half-width of the 95 % prediction interval for the difference of two runs: Student's t
    times the standard deviation over the seeds, times the root of two.

    Args:
        errors: counts of errors, one per seed; at least two.
    """
    errors = pd.Series(errors)
    quantile = t.ppf(1 - SIGNIFICANCE / 2, df=len(errors) - 1)
    return float(quantile * errors.std(ddof=1) * math.sqrt(2))


def paired(base, new):
    """Put two tables of predictions side by side.

    Both are of :func:`digits.evaluation.scoring.predictions_table`, and of the same images.

    Returns:
        A DataFrame: index, actual, base, new (the two predictions), fixed, broken (whether so).
    """
    base_right, new_right = base.predicted == base.actual, new.predicted == new.actual
    return base[["index", "actual"]].assign(
        base=base.predicted,
        new=new.predicted,
        fixed=~base_right & new_right,
        broken=base_right & ~new_right,
    )


def pair_changes(pairs):
    """Count how often each digit was taken for each other one, before and after.

    Returns:
        A DataFrame, from that of :func:`paired`: actual, predicted, base, new (counts of errors),
        change; without the pairs that did not change; the most improved first, ties by digit.
    """
    counts = {side: pairs.groupby(["actual", side]).size() for side in ("base", "new")}
    table = pd.DataFrame(counts).rename_axis(["actual", "predicted"]).fillna(0).astype(int)
    table["change"] = table["new"] - table["base"]
    table = table.query("change != 0 and actual != predicted").reset_index()
    return table.sort_values(["change", "actual", "predicted"], ignore_index=True)


def verdict(fixed, broken, count, *, margin):
    """Say in plain words whether the change is real, of ``count`` images that were compared.

    ``margin`` is that of :func:`seed_margin`; None if the spread between seeds is not known.

    Returns:
        One sentence that begins with the verdict: better, worse or not distinguishable.
    """
    gained = fixed - broken
    if fixed == broken:
        return "**Not distinguishable**: as many images are fixed as are broken."
    size = f"{abs(gained)} {'fewer' if gained > 0 else 'more'} errors in {count:,} images"
    p_value = exact_mcnemar(fixed, broken)
    chance = f"p = {p_value:.2g}"
    if p_value >= SIGNIFICANCE:
        needed = images_to_tell(fixed, broken, count)
        return (
            f"**Not distinguishable**: {size} may be chance ({chance}); to tell a difference of"
            f" this size would take about {needed:,} images."
        )
    word = "better" if gained > 0 else "worse"
    if margin is None:
        return (
            f"The new model is **{word}**: {size} ({chance}); whether the recipe is cannot be"
            " said, for how much the seed alone moves is not known here."
        )
    if abs(gained) <= margin:
        return (
            f"**Not distinguishable**: these two models differ, {size} ({chance}), but that is"
            f" within what another seed alone does (up to {margin:.0f} errors either way)."
        )
    return (
        f"The change is **{word}**: {size} ({chance}), beyond what another seed alone does (up"
        f" to {margin:.0f} errors either way)."
    )
