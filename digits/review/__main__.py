"""Whether a change is real: compares the working tree with a Git revision, in Markdown.

Run it by ``make review BASE=main``, or ``python -m digits.review main``. It reads what Git
tracks, and trains nothing. The picture of the changed images, review.png, needs the prepared data.
"""

import argparse
import io
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd

from digits.command import run
from digits.dataset.arrays import load_pair
from digits.errors import UserError
from digits.evaluation.figures import style
from digits.files import replacing
from digits.params import read_params
from digits.review.changes import changes_figure
from digits.review.comparison import pair_changes, paired, seed_margin, verdict
from digits.review.differences import differences
from digits.review.revision import commit_of, conflicts, git, read, uncommitted

PREDICTIONS = "plots/predictions.csv"
SEEDS = "benchmarks/seeds.csv"
PICTURE = Path("review.png")
PAIRS_SHOWN = 5


def main():
    """Print the review and draw the picture."""
    parser = argparse.ArgumentParser(
        prog="digits.review", description="Compares the working tree with a revision, in Markdown."
    )
    parser.add_argument("revision", help="what to compare with: a branch, a tag or a commit")
    revision = parser.parse_args().revision
    commit = commit_of(revision)
    if unresolved := conflicts():
        raise UserError(
            f"a merge is unresolved: {', '.join(unresolved[:10])}; take either side of each (git"
            " checkout --ours or --theirs), then dvc repro, git add and git commit"
        )
    read_params()  # refuses what no stage may have read yet
    base, new = read_predictions(commit, revision), read_predictions(None, "the working tree")

    short = git("rev-parse", "--short", commit).decode().strip()
    print(f"## Review against `{revision}` ({short})\n")
    if changed := uncommitted():
        print(f"With what is not committed: {', '.join(f'`{name}`' for name in changed[:10])}.\n")
    print_machines(commit)
    comparable = list(base.actual) == list(new.actual)
    if comparable:
        pairs = paired(base, new)
        print_verdict(pairs)
    else:
        print(
            f"**Not the same validation images** ({len(base):,} and {len(new):,}): the metrics"
            " below cannot be compared, and no test is made.\n"
        )
    print(f"### Metrics\n\n{dvc_diff('metrics', short)}\n")
    print(f"### Params\n\n{dvc_diff('params', short)}\n")
    if comparable:
        print_pairs(pairs)
        draw(pairs)


def read_predictions(revision, name):
    """Read the predictions of a revision (None: of the working tree)."""
    content = read(revision, PREDICTIONS)
    if content is None:
        raise UserError(
            f"{name} has no {PREDICTIONS}; run dvc repro there and commit what it wrote"
        )
    kinds = {"index": int, "actual": int, "predicted": int, "confidence": float}
    try:
        return pd.read_csv(io.BytesIO(content))[list(kinds)].astype(kinds)
    except (ValueError, KeyError) as error:
        raise UserError(f"{PREDICTIONS} of {name} is not a table of predictions") from error


def print_machines(commit):
    """Print what differs between the machines that made the commit's results and these."""
    there, here = (read(at, "models/environment.json") for at in (commit, None))
    if there and here and (lines := differences(there, here)):
        print("**Not the same machine**: part of the difference may be arithmetic.\n")
        print("\n".join(f"- {line}" for line in lines) + "\n")


def print_verdict(pairs):
    """Print the sentence and the numbers behind it."""
    if (pairs.base == pairs.new).all():
        print("**Identical**: every image is read as the same digit as before.\n")
        return
    fixed, broken = int(pairs.fixed.sum()), int(pairs.broken.sum())
    print(verdict(fixed, broken, len(pairs), margin=known_margin(len(pairs))) + "\n")
    print(f"Of {len(pairs):,} images it fixed {fixed} and broke {broken}.\n")


def known_margin(count):
    """Give what the seed alone does, from the committed table; None if there is none that fits."""
    if Path(SEEDS).is_file():
        seeds = pd.read_csv(SEEDS, dtype={"key": str})
        if "key" in seeds:  # rows of older code or settings may stand before those of the last
            seeds = seeds[seeds.key == seeds.key.iloc[-1]]
        if len(seeds) >= 2 and (seeds.images == count).all():
            return seed_margin(seeds.errors)
    return None


def dvc_diff(kind, revision):
    """Run ``dvc metrics diff`` or ``dvc params diff`` against a revision; return Markdown."""
    command = [sys.executable, "-m", "dvc", kind, "diff", "--md", revision]
    done = subprocess.run(  # noqa: S603, no shell
        command,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"},
    )
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines() or ["failed"]
        raise UserError(f"dvc {kind} diff: {reason[-1]}")
    table = done.stdout.strip()
    # Two lines are the head of a table without rows.
    return table if len(table.splitlines()) > 2 else "No change."


def print_pairs(pairs):
    """Print the pairs of digits that improved and worsened most."""
    table = pair_changes(pairs)
    improved, worsened = table[table.change < 0], table[table.change > 0].iloc[::-1]
    print("### Digits\n")
    for title, rows in (("Improved most", improved), ("Worsened most", worsened)):
        listed = [
            f"{row.actual} read as {row.predicted}: {row.base} → {row.new}"
            for row in rows.head(PAIRS_SHOWN).itertuples()
        ]
        print(f"{title}: {'; '.join(listed) or 'none'}.\n")


def draw(pairs):
    """Draw the fixed and broken images where the prepared data are at hand."""
    try:
        images, labels = load_pair(Path("data/prepared"), "validation")
        if list(labels) != list(pairs.actual):
            raise UserError("data/prepared holds other images")
    except UserError as error:
        print(f"review: no {PICTURE}: {error}", file=sys.stderr)
        return
    with replacing() as replacement:
        style.save(changes_figure(images, pairs), replacement(PICTURE))
    print(f"review: drew {PICTURE}", file=sys.stderr)


if __name__ == "__main__":
    run(main, name="review")
