"""What a sweep comes to: a row per recipe, and whether it differs from the first one."""

import math

import pandas as pd
from scipy.stats import norm, t

from digits.review.comparison import POWER, SIGNIFICANCE
from digits.sweep.plan import OFFICIAL

CONFIDENCE = 1 - SIGNIFICANCE / 2  # at either end


def summary(rows):
    """Sum up the rows of a sweep.

    Args:
        rows: DataFrame with the columns :data:`digits.sweep.rows.COLUMNS`, those of the first
            recipe first.

    Returns:
        A DataFrame, a row per recipe: recipe; runs; errors, log_loss and seconds, their means;
        errors_deviation, the standard deviation; and against the first recipe, on the same splits
        with the same seeds: pairs, difference (of errors, its mean), low and high (its 95 %
        interval), verdict.
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
        if recipe != first["recipe"].iloc[0]:
            pairs = first.merge(own, on=["split", "seed"], suffixes=("_first", ""))
            differences = pairs["errors"] - pairs["errors_first"]
            line |= paired(differences, splits=pairs["split"].nunique())
        table.append(line)
    columns = ["pairs", "difference", "low", "high", "verdict"]
    return pd.DataFrame(table).reindex(columns=[*table[0], *columns])


def paired(differences, *, splits):
    """Tell whether paired runs differ.

    The interval is Student's, of the mean of the differences. It takes the pairs for independent:
    what two seeds on one split have in common, it does not see.

    Args:
        differences: of errors, one per pair of runs; negative where the second has fewer.
        splits: of how many splits they are.

    Returns:
        A dict: pairs, difference, low, high and verdict.
    """
    differences = pd.Series(differences, dtype=float)
    count, mean, deviation = len(differences), differences.mean(), differences.std()
    half = t.ppf(CONFIDENCE, df=count - 1) * deviation / math.sqrt(count) if count > 1 else math.nan
    low, high = mean - half, mean + half
    if count < 2:
        verdict = "not distinguishable: it takes two pairs of runs to tell anything"
    elif low > 0 or high < 0:
        verdict = "worse" if mean > 0 else "better"
    elif mean == 0:
        verdict = "not distinguishable: as many errors"
    else:
        more = max(1, seeds_to_tell(mean, deviation, splits=splits) - count // splits)
        noun = "seed" if more == 1 else "seeds"
        verdict = f"not distinguishable; about {more:,} more {noun} would tell"
    return {"pairs": count, "difference": mean, "low": low, "high": high, "verdict": verdict}


def seeds_to_tell(mean, deviation, *, splits):
    """Estimate how many seeds on each split it takes to tell a difference as large as that seen.

    As many as find it at 5 % with probability 80 %, by the normal distribution.
    """
    pairs = ((norm.ppf(CONFIDENCE) + norm.ppf(POWER)) * deviation / mean) ** 2
    return math.ceil(pairs / splits)


def markdown(rows):
    """Write the table of :func:`summary` in Markdown, and before it what it must not hide."""
    paragraphs = []
    machines = rows["machine"].value_counts()
    # One machine may train two recipes in two precisions.
    kinds = machines.index.str.rpartition(", ").get_level_values(0)
    if kinds.nunique() > 1 or rows.groupby("recipe")["machine"].nunique().max() > 1:
        listed = ", ".join(f"{count} runs on {name}" for name, count in machines.items())
        paragraphs.append(
            f"**Not one kind of machine**: {listed}; a part of the differences may be arithmetic."
        )
    images = " or ".join(f"{count:,}" for count in rows["images"].unique())
    splits, seeds = _count(rows["split"], "split"), _count(rows["seed"], "seed")
    if set(rows["split"]) == {OFFICIAL}:
        paragraphs.append(f"Of the official {images} validation images, {seeds}.")
    else:
        paragraphs.append(f"Of {images} images held out, {splits}, {seeds} on each.")
    table = summary(rows)
    cells = pd.DataFrame(
        {
            "recipe": table["recipe"],
            "runs": table["runs"],
            "errors": [_spread(row) for row in table.itertuples()],
            "log loss": table["log_loss"].map("{:.4f}".format),
            "seconds": table["seconds"].map("{:.0f}".format),
        }
    )
    if len(table) > 1:
        column = f"errors against {table['recipe'][0]}, 95 % interval"
        cells[column] = [_interval(row) for row in table.itertuples()]
        bold = {word: f"**{word}**" for word in ("better", "worse")}
        cells["verdict"] = table["verdict"].fillna("").replace(bold)
    paragraphs.append(cells.to_markdown(index=False, disable_numparse=True))
    return "\n\n".join(paragraphs)


def _count(values, noun):
    count = values.nunique()
    return f"{count} {noun}{'s' if count > 1 else ''}"


def _spread(row):
    return f"{row.errors:.1f}" + ("" if row.runs < 2 else f" ± {row.errors_deviation:.1f}")


def _interval(row):
    if pd.isna(row.difference):
        return ""
    interval = "" if row.pairs < 2 else f" ({row.low:+.1f} to {row.high:+.1f})"
    return f"{row.difference:+.1f}{interval}"
