"""Table of a sweep: one row per recipe, with a t-test of paired samples against the first recipe.

In all functions, ``rows`` is a DataFrame with the columns :data:`digits.sweep.results.COLUMNS`; its
first row is of the recipe with which the others are compared.
"""

import math
import re
import warnings

import pandas as pd
from scipy.stats import norm, ttest_rel

from digits.review.comparison import POWER, SIGNIFICANCE
from digits.sweep.plan import OFFICIAL

COMPARED = ["pairs", "difference", "low", "high", "verdict", "more_seeds"]


def summary(rows):
    """Summarize the rows of a sweep.

    Returns a DataFrame, a row per recipe: recipe, runs, errors (mean), errors_deviation (standard),
    log_loss and seconds (means), and the values of :func:`compare_pairs` with the first recipe, for
    the runs with the same split and seed.
    """
    first = rows[rows["recipe"] == rows["recipe"].iloc[0]]
    table = []
    for recipe, own in rows.groupby("recipe", sort=False):
        line = {
            "recipe": recipe,
            "runs": len(own),
            "errors": own["errors"].mean(),
            "errors_deviation": own["errors"].std(),
            "log_loss": own["log_loss"].mean(),
            "seconds": own["seconds"].mean(),
        }
        if table:
            pairs = first.merge(own, on=["split", "seed"], suffixes=("_first", ""))
            splits = pairs["split"].nunique()
            line |= compare_pairs(pairs["errors_first"], pairs["errors"], splits=splits)
        table.append(line)
    return pd.DataFrame(table).reindex(columns=[*table[0], *COMPARED])


def compare_pairs(first, second, *, splits):
    """Test whether two recipes differ: Student's t-test of paired samples.

    The test assumes independent pairs. It ignores that seeds on the same split are correlated.

    Args:
        first: errors of the runs of one recipe.
        second: errors of the runs of the other, in the same order of splits and seeds.
        splits: number of splits.

    Returns:
        A dict: pairs; difference, the mean of second - first; low and high, its 95 % interval;
        verdict: better, worse or not distinguishable; and more_seeds, how many more seeds per split
        would about be needed to detect a difference of this size.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a single pair, of equal differences
        low, high = ttest_rel(second, first).confidence_interval(1 - SIGNIFICANCE)
    differences = pd.Series(second, dtype=float) - pd.Series(first, dtype=float)
    count, mean = len(differences), differences.mean()
    verdict, more = "not distinguishable", math.nan
    if low > 0 or high < 0:
        verdict = "worse" if mean > 0 else "better"
    elif count > 1 and mean != 0:
        more = max(1, required_seeds(mean, differences.std(), splits=splits) - count // splits)
    return dict(zip(COMPARED, (count, mean, low, high, verdict, more), strict=True))


def required_seeds(mean, deviation, *, splits):
    """Estimate how many seeds per split detect a mean difference of errors (int).

    With that many, a test at the 5 % level has a power of 80 % (normal approximation).
    ``deviation`` is the standard deviation of the differences of pairs.
    """
    quantiles = norm.ppf(1 - SIGNIFICANCE / 2) + norm.ppf(POWER)
    return math.ceil((quantiles * deviation / mean) ** 2 / splits)


def markdown(rows):
    """Format :func:`summary` as a Markdown table, after a line on the images, splits and seeds."""
    table = summary(rows)
    cells = table[["recipe", "runs"]].assign(
        errors=_cells(table, "{errors:.1f} ± {errors_deviation:.1f}"),
        log_loss=_cells(table, "{log_loss:.4f}"),
        seconds=_cells(table, "{seconds:.0f}"),
    )
    if len(table) > 1:
        column = f"difference from {table['recipe'][0]}, 95 % interval"
        cells[column] = _cells(table, "{difference:+.1f} ({low:+.1f} to {high:+.1f})")
        bold = {word: f"**{word}**" for word in ("better", "worse")}
        cells["verdict"] = table["verdict"].replace(bold).fillna("")
        if table["more_seeds"].notna().any():
            cells["more seeds needed"] = _cells(table, "{more_seeds:,.0f}")
    cells.columns = cells.columns.str.replace("_", " ")
    return f"{_heading(rows)}\n\n{cells.to_markdown(index=False, disable_numparse=True)}"


def _cells(table, template):
    """Fill a template from each row, up to the first missing value."""
    cells = (template.format(**row) for row in table.to_dict("records"))
    return [re.sub(r"\W*nan.*", "", cell) for cell in cells]


def _heading(rows):
    """Count images, splits and seeds, and list the machines if there are several kinds."""
    images = " or ".join(f"{count:,}" for count in rows["images"].unique())
    seeds = f"seeds: {rows['seed'].nunique()}"
    if set(rows["split"]) == {OFFICIAL}:
        facts = [f"Official validation images: {images}", seeds]
    else:
        facts = [f"Holdout images: {images}", f"splits: {rows['split'].nunique()}", seeds]
    machines = rows["machine"].value_counts()
    # One machine may train two recipes in two precisions.
    kinds = machines.index.str.rpartition(", ").get_level_values(0)
    if kinds.nunique() > 1 or rows.groupby("recipe")["machine"].nunique().max() > 1:
        counted = (f"{name} ({count} runs)" for name, count in machines.items())
        facts.append(f"**several kinds of machine**: {', '.join(counted)}")
    return f"{'; '.join(facts)}."
