"""The table of a sweep, checked against values computed by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from digits.sweep.plot import sweep_figure
from digits.sweep.table import compare_pairs, markdown, required_seeds, summary


def rows_of(errors, *, split="0", machine="one, 2 threads, float32"):
    """Make rows; errors is a dict from a recipe to the counts of its seeds."""
    return pd.DataFrame(
        [
            {
                "recipe": recipe, "split": split, "seed": seed, "images": 1000, "errors": count,
                "log_loss": count / 1000, "seconds": 10.0, "machine": machine,
            }
            for recipe, counts in errors.items()
            for seed, count in enumerate(counts)
        ]
    )  # fmt: skip


def test_summary():
    """Means and standard deviations are of the runs, differences of the pairs."""
    rows = rows_of({"a": [10, 14, 12], "b": [9, 11, 10]})
    first, second = summary(rows).to_dict("records")
    values = first["recipe"], first["runs"], first["errors"], first["errors_deviation"]
    assert values == ("a", 3, 12, 2)
    assert math.isnan(first["difference"])
    assert (second["pairs"], second["difference"]) == (3, -2)


def test_interval_is_students():
    """The interval is the mean difference, plus and minus t times its standard error."""
    found = compare_pairs([10, 14, 12, 19], [9, 11, 10, 12], splits=2)
    half = stats.t.ppf(0.975, df=3) * np.std([-1, -3, -2, -7], ddof=1) / 2
    assert (found["low"], found["high"]) == pytest.approx((-3.25 - half, -3.25 + half))


@pytest.mark.parametrize(
    ("differences", "verdict"),
    [
        ([-5, -6, -5, -6], "better"),
        ([5, 6, 5, 6], "worse"),
        ([-5, -5, -5], "better"),
        ([-5, 5, -5, 5], "not distinguishable"),
        ([-5], "not distinguishable"),
        ([0, 0, 0], "not distinguishable"),
    ],
)
def test_verdict(differences, verdict):
    """The interval decides; a single pair or no difference has no number of seeds."""
    found = compare_pairs([20] * len(differences), [20 + one for one in differences], splits=1)
    assert found["verdict"] == verdict
    assert math.isnan(found["more_seeds"])


def test_required_seeds():
    """With that many seeds, the test has a power of 80 %."""
    seeds = required_seeds(2.0, 5.0, splits=1)
    power = stats.norm.cdf(2.0 / (5.0 / math.sqrt(seeds)) - stats.norm.ppf(0.975))
    assert power == pytest.approx(0.8, abs=0.01)
    assert required_seeds(2.0, 5.0, splits=2) == math.ceil(seeds / 2)
    differences = [2, 8, -3, 1]
    found = compare_pairs([0, 0, 0, 0], differences, splits=2)
    needed = required_seeds(np.mean(differences), np.std(differences, ddof=1), splits=2)
    assert found["more_seeds"] == needed - 2


def test_pairs_are_of_the_same_split_and_seed():
    """A run without a partner counts for the mean of its recipe, but in no difference."""
    rows = pd.concat(
        [rows_of({"a": [10, 12], "b": [11, 14]}), rows_of({"a": [50]}, split="1")],
        ignore_index=True,
    )
    first, second = summary(rows).to_dict("records")
    assert (first["runs"], first["errors"]) == (3, 24)
    assert (second["pairs"], second["difference"]) == (2, 1.5)


def test_several_kinds_of_machine():
    """Machines are listed above the table only if there are several kinds."""
    one = rows_of({"a": [10, 12], "b": [11, 14]})
    other = rows_of({"a": [9], "b": [9]}, split="1", machine="two, 2 threads, float32")
    assert "machine" not in markdown(one)
    text = markdown(pd.concat([one, other], ignore_index=True))
    line = text.splitlines()[0]
    assert "one, 2 threads, float32 (4 runs), two, 2 threads, float32 (2 runs)" in line


def test_precisions_on_one_machine():
    """Recipes may differ in precision on one machine, but the runs of one recipe may not."""
    one = rows_of({"a": [10, 12]})
    other = rows_of({"b": [11, 14]}, machine="one, 2 threads, mixed_bfloat16")
    assert "machine" not in markdown(pd.concat([one, other], ignore_index=True))
    same = other.assign(recipe="a", split="1")
    assert "machine" in markdown(pd.concat([one, same], ignore_index=True))


def test_markdown():
    """The table has a line per recipe with its verdict."""
    text = markdown(rows_of({"a": [10, 10, 10], "b": [4, 5, 4]}))
    assert text.startswith("Holdout images: 1,000; splits: 1; seeds: 3.\n\n| recipe ")
    line = [cell.strip() for cell in text.splitlines()[-1].split("|")]
    assert line[1:4] == ["b", "3", "4.3 ± 0.6"]
    assert line[6:8] == ["-5.7 (-7.1 to -4.2)", "**better**"]
    text = markdown(rows_of({"a": [10, 10, 10], "b": [9, 11, 11]}))
    line = [cell.strip() for cell in text.splitlines()[-1].split("|")]
    assert line[7] == "not distinguishable"
    assert int(line[8]) > 1


def test_markdown_of_one_recipe():
    """A single recipe is not compared; the heading names the official split."""
    text = markdown(rows_of({"a": [10, 12]}, split="official"))
    assert text.startswith("Official validation images: 1,000; seeds: 2.")
    assert "verdict" not in text


def test_figure():
    """Every run is a point in the row of its recipe, and every interval a line."""
    rows = pd.concat(
        [rows_of({"a": [10, 12], "b": [11, 14]}), rows_of({"a": [9, 8], "b": [9, 7]}, split="1")],
        ignore_index=True,
    )
    left, right = sweep_figure(rows).axes
    points = [x for line in left.lines for x in line.get_xdata()]
    assert sorted(points) == sorted(rows["errors"])
    assert [label.get_text() for label in left.get_yticklabels()] == ["a", "b"]
    assert len(right.collections) == 1
