"""Whether a change is real: compares the working tree with a Git revision, in Markdown.

Run it by ``make review BASE=main``, or ``python -m digits.review main``. It reads what Git
tracks, and trains nothing. The picture of the changed images, review.png, needs the prepared data.
"""

import argparse
import io
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd

from digits.command import run
from digits.dataset.arrays import load_pair
from digits.errors import UserError
from digits.evaluation.figures import style
from digits.files import replacing
from digits.review.changes import changes_figure
from digits.review.comparison import pair_changes, paired, seed_margin, verdict
from digits.review.differences import differences
from digits.review.revision import commit_of, git, read, uncommitted

PREDICTIONS = "plots/predictions.csv"
SEEDS = "benchmarks/seeds.csv"
PICTURE = Path("review.png")
PAIRS_SHOWN = 5


def main():
    """Print the review and draw the picture."""
    parser = argparse.ArgumentParser(prog="digits.review", description=__doc__.splitlines()[0])
    parser.add_argument("revision", help="what to compare with: a branch, a tag or a commit")
    revision = parser.parse_args().revision
    commit = commit_of(revision)
    base, new = read_predictions(commit, revision), read_predictions(None, "the working tree")

    short = git("rev-parse", "--short", commit).decode().strip()
    print(f"## Review against `{revision}` ({short})\n")
    changed = uncommitted()
    if changed:
        print(f"With what is not committed: {', '.join(f'`{name}`' for name in changed[:10])}.\n")
    comparable = check_comparable(commit, base, new)
    if comparable:
        print_verdict(base, new)
    for title, command in (("Metrics", "metrics"), ("Params", "params")):
        print(f"### {title}\n\n{dvc_diff(command, short) or 'No change.'}\n")
    if comparable:
        print_pairs(base, new)
        draw(base, new)


def read_predictions(revision, name):
    """Read the predictions of a revision (None: of the working tree)."""
    content = read(revision, PREDICTIONS)
    if content is None:
        raise UserError(
            f"{name} has no {PREDICTIONS}; run dvc repro there and commit what it wrote"
        )
    try:
        table = pd.read_csv(io.BytesIO(content))
        return table[["index", "actual", "predicted", "confidence"]]
    except (ValueError, KeyError) as error:
        raise UserError(f"{PREDICTIONS} of {name} is not a table of predictions") from error


def check_comparable(commit, base, new):
    """Print what stands in the way of comparing; return whether predictions can be paired."""
    there, here = (read(at, "models/environment.json") for at in (commit, None))
    if there and here:
        lines = differences(json.loads(there), json.loads(here))
        if lines:
            print("**Not the same machine**: part of the difference may be arithmetic.\n")
            print("\n".join(f"- {line}" for line in lines) + "\n")
    if len(base) == len(new) and (base.actual == new.actual).all():
        return True
    print(
        f"**Not the same validation images** ({len(base):,} and {len(new):,}): the metrics below"
        " cannot be compared, and no test is made.\n"
    )
    return False


def print_verdict(base, new):
    """Print the sentence and the numbers behind it."""
    pairs = paired(base, new)
    fixed, broken = int(pairs.fixed.sum()), int(pairs.broken.sum())
    if (base.predicted == new.predicted).all():
        print("**Identical**: every image is read as the same digit as before.\n")
        return
    print(verdict(fixed, broken, len(pairs), margin=known_margin(len(pairs))) + "\n")
    print(f"Of {len(pairs):,} images it fixed {fixed} and broke {broken}.\n")


def known_margin(count):
    """Give what the seed alone does, from the committed table; None if there is none that fits."""
    content = read(None, SEEDS)
    if content is None:
        return None
    seeds = pd.read_csv(io.BytesIO(content))
    if len(seeds) < 2 or (seeds.images != count).any():
        return None
    return seed_margin(seeds.errors)


def dvc_diff(command, revision):
    """Run ``dvc metrics diff`` or ``dvc params diff`` against a revision; return Markdown."""
    done = subprocess.run(  # noqa: S603, no shell
        ["dvc", command, "diff", "--md", revision],  # noqa: S607, dvc of the environment in use
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines() or ["failed"]
        raise UserError(f"dvc {command} diff: {reason[-1]}")
    table = done.stdout.strip()
    return table if len(table.splitlines()) > 2 else ""  # without the head of an empty table


def print_pairs(base, new):
    """Print the pairs of digits that improved and worsened most."""
    table = pair_changes(paired(base, new))
    print("### Digits\n")
    for title, rows in (
        ("Improved most", table[table.change < 0].head(PAIRS_SHOWN)),
        ("Worsened most", table[table.change > 0].iloc[::-1].head(PAIRS_SHOWN)),
    ):
        listed = [
            f"{r.actual} read as {r.predicted}: {r.base} → {r.new}" for r in rows.itertuples()
        ]
        print(f"{title}: {'; '.join(listed) or 'none'}.\n")


def draw(base, new):
    """Draw the fixed and broken images where the prepared data are at hand."""
    try:
        images, labels = load_pair(Path("data/prepared"), "validation")
    except UserError as error:
        print(f"review: no {PICTURE}: {error}", file=sys.stderr)
        return
    if len(labels) != len(new) or (labels != new.actual).any():
        print(f"review: no {PICTURE}: data/prepared holds other images", file=sys.stderr)
        return
    with replacing() as replacement:
        style.save(changes_figure(images, paired(base, new)), replacement(PICTURE))
    print(f"review: drew {PICTURE}", file=sys.stderr)


if __name__ == "__main__":
    run(main, name="review")
