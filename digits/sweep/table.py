"""The table of a sweep: a row per recipe, and how it compares with the first recipe."""

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

    Args:
        rows: DataFrame with the columns :data:`digits.sweep.results.COLUMNS`, those of the first
            recipe first.

    Returns:
        A DataFrame, a row per recipe: recipe, runs, the means errors, log_loss and seconds, and the
        standard deviation errors_deviation; then, against the first recipe, what :func:`paired`
        returns for the runs with the same split and seed.
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
        if recipe != rows["recipe"].iloc[0]:
            pairs = first.merge(own, on=["split", "seed"], suffixes=("_first", ""))
            splits = pairs["split"].nunique()
            line |= paired(pairs["errors_first"], pairs["errors"], splits=splits)
        table.append(line)
    return pd.DataFrame(table).reindex(columns=[*table[0], *COMPARED])


def paired(first, second, *, splits):
    """Test whether two recipes differ, by Student's t-test of paired samples.

    The test takes the pairs for independent. It does not see what seeds on one split share.

    Args:
        first: errors of the runs of one recipe.
        second: errors of the runs of the other, in the same order of splits and seeds.
        splits: number of splits.

    Returns:
        A dict: pairs; difference, the mean of second - first; low and high, its 95 % interval;
        verdict: better, worse or not distinguishable; and more_seeds, about how many more seeds on
        each split would find a difference of this size at 5 % with probability 80 %.
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
        needed = seeds_needed(mean, differences.std(), splits=splits)
        more = max(1, needed - count // splits)
    return dict(zip(COMPARED, (count, mean, low, high, verdict, more), strict=True))


def seeds_needed(mean, deviation, *, splits):
    """Estimate how many seeds on each split would find a difference of errors of this size.

    It is the number that finds it at 5 % with probability 80 %, by the normal distribution.

    Args:
        mean: of the differences of pairs of runs.
        deviation: their standard deviation.
        splits: number of splits.
    """
    quantiles = norm.ppf(1 - SIGNIFICANCE / 2) + norm.ppf(POWER)
    return math.ceil((quantiles * deviation / mean) ** 2 / splits)


def markdown(rows):
    """Format the table of :func:`summary` in Markdown, with a line before it on what was run."""
    table = summary(rows)
    cells = table[["recipe", "runs"]].assign(
        errors=_cells(table, "{errors:.1f} ± {errors_deviation:.1f}"),
        log_loss=_cells(table, "{log_loss:.4f}"),
        seconds=_cells(table, "{seconds:.0f}"),
    )
    if len(table) > 1:
        column = f"errors against {table['recipe'][0]}, 95 % interval"
        cells[column] = _cells(table, "{difference:+.1f} ({low:+.1f} to {high:+.1f})")
        bold = {word: f"**{word}**" for word in ("better", "worse")}
        cells["verdict"] = table["verdict"].replace(bold).fillna("")
        if table["more_seeds"].notna().any():
            cells["more seeds needed"] = _cells(table, "{more_seeds:,.0f}")
    cells.columns = cells.columns.str.replace("_", " ")
    return f"{_described(rows)}\n\n{cells.to_markdown(index=False, disable_numparse=True)}"


def _cells(table, template):
    """Fill a template from each row, up to the first value that is missing."""
    cells = (template.format(**row) for row in table.to_dict("records"))
    return [re.sub(r"\W*nan.*", "", cell) for cell in cells]


def _described(rows):
    """List what all recipes have in common, and the machines if they are of several kinds."""
    images = " or ".join(f"{count:,}" for count in rows["images"].unique())
    seeds = f"seeds: {rows['seed'].nunique()}"
    if set(rows["split"]) == {OFFICIAL}:
        facts = [f"Official validation images: {images}", seeds]
    else:
        facts = [f"Images held out: {images}", f"splits: {rows['split'].nunique()}", seeds]
    machines = rows["machine"].value_counts()
    # One machine may train two recipes in two precisions.
    kinds = machines.index.str.rpartition(", ").get_level_values(0)
    if kinds.nunique() > 1 or rows.groupby("recipe")["machine"].nunique().max() > 1:
        counted = (f"{name} ({count} runs)" for name, count in machines.items())
        facts.append(f"**several kinds of machine**: {', '.join(counted)}")
    return f"{'; '.join(facts)}."
