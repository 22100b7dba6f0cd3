"""Review a change: compare the results in the working tree with those of a Git revision.

Run it with ``make review BASE=main`` or ``python -m digits.review main``. It prints Markdown, reads
files that Git tracks, and trains nothing. review.png, the figure of the changed images, needs the
prepared data.
"""

import argparse
import io
import json
import sys
from pathlib import Path

import pandas as pd

from digits.atomic_write import atomic_write
from digits.cli import run
from digits.dataset.arrays import load_pair
from digits.errors import UserError
from digits.evaluation.figures import style
from digits.packages import other_versions
from digits.params import read_params
from digits.review.changes import changes_figure
from digits.review.comparison import confusion_changes, pair_predictions, seed_margin, verdict
from digits.review.dvc import diff
from digits.review.git import commit_of, conflicts, git, read, uncommitted
from digits.review.outdated import outdated
from digits.review.verify import RECORDS, differences

PREDICTIONS = "plots/predictions.csv"
SEEDS = "benchmarks/results/seeds.csv"
PICTURE = Path("review.png")
MAX_FILES = 10  # in a list
MAX_PAIRS = 5


def main(argv=None):
    """Print the review and draw the figure."""
    parser = argparse.ArgumentParser(
        prog="digits.review",
        description="Compare the results in the working tree with those of a Git revision.",
    )
    parser.add_argument("revision", help="branch, tag or commit to compare with")
    revision = parser.parse_args(argv).revision
    commit = commit_of(revision)
    if unresolved := conflicts():
        raise UserError(
            f"merge conflicts in {', '.join(unresolved[:MAX_FILES])}; keep either side (git"
            " checkout --ours or --theirs), then run dvc repro, git add and git commit"
        )
    read_params()  # rejects invalid settings even if no stage has read them
    base, new = read_predictions(commit, revision), read_predictions(None, "the working tree")

    short = git("rev-parse", "--short", commit).decode().strip()
    print(f"## Review against `{revision}` ({short})\n")
    if changed := uncommitted():
        names = ", ".join(f"`{name}`" for name in changed[:MAX_FILES])
        print(f"Includes uncommitted changes: {names}.\n")
    if print_outdated(commit, revision):
        return
    print_machines(commit)
    comparable = list(base.actual) == list(new.actual)
    if comparable:
        pairs = pair_predictions(base, new)
        print_verdict(pairs)
    else:
        print(
            f"**Not the same validation images** ({len(base):,} and {len(new):,}): the metrics"
            " below are not comparable, and there is no significance test.\n"
        )
    for kind in ("metrics", "params"):
        print(f"### {kind.capitalize()}\n\n{diff(kind, short)}\n")
    if comparable:
        print_confusions(pairs)
        draw(pairs)


def read_predictions(revision, name):
    """Read the predictions of a revision (None: the working tree), which errors call ``name``.

    Raises UserError if there is no such table or it is not valid.
    """
    content = read(revision, PREDICTIONS)
    if content is None:
        raise UserError(f"{name} has no {PREDICTIONS}; run dvc repro there and commit its results")
    kinds = {"index": int, "actual": int, "predicted": int, "confidence": float}
    try:
        return pd.read_csv(io.BytesIO(content))[list(kinds)].astype(kinds)
    except (ValueError, KeyError) as error:
        raise UserError(f"{PREDICTIONS} of {name} is not a table of predictions") from error


def print_outdated(commit, revision):
    """Print which stages are out of date, here and in the commit; return whether any is."""
    stages = {"the working tree": outdated(None), f"`{revision}`": outdated(commit)}
    lines = [f"- {name}: {', '.join(due)}" for name, due in stages.items() if due]
    if lines:
        print(
            "**No verdict**: these stages are out of date, so the results were not made by the"
            " code, data and params beside them. Run `dvc repro`, commit, and review again.\n"
        )
        print("\n".join(lines))
    return bool(lines)


def print_machines(commit):
    """Print how the machine of the commit's results differs from that of the current results.

    Print also which packages of the current results are not those that requirements.txt pins.
    """
    different, unpinned = {}, {}  # lines in their order, each once
    for record in RECORDS:
        there, here = (read(at, record) for at in (commit, None))
        if here:
            unpinned |= dict.fromkeys(other_versions(json.loads(here)["packages"]))
        if there and here:
            different |= dict.fromkeys(differences(there, here))
    for heading, lines in (
        ("**Not the same machine**: this may explain part of the difference.", different),
        ("**Warning**: the results were made with other packages than the pinned ones.", unpinned),
    ):
        if lines:
            print(f"{heading}\n\n" + "\n".join(f"- {line}" for line in lines) + "\n")


def print_verdict(pairs):
    """Print the verdict and its numbers."""
    if (pairs.base == pairs.new).all():
        print("**Identical**: every prediction is the same as before.\n")
        return
    fixed, broken = int(pairs.fixed.sum()), int(pairs.broken.sum())
    print(verdict(fixed, broken, len(pairs), margin=known_margin(len(pairs))) + "\n")
    print(f"Fixed: {fixed} of {len(pairs):,} images. Broken: {broken}.\n")


def known_margin(count):
    """Return the seed margin for a number of images from the table of seeds; None if unknown."""
    if Path(SEEDS).is_file():
        seeds = pd.read_csv(SEEDS, dtype={"key": str})
        if "key" in seeds:  # the last rows are of the current code; older rows may precede them
            seeds = seeds[seeds.key == seeds.key.iloc[-1]]
        if len(seeds) >= 2 and (seeds.images == count).all():
            return seed_margin(seeds.errors)
    return None


def print_confusions(pairs):
    """Print the pairs of digits whose confusions fell and rose most."""
    table = confusion_changes(pairs)
    improved, worsened = table[table.change < 0], table[table.change > 0].iloc[::-1]
    print("### Digits\n")
    for title, rows in (("Most improved", improved), ("Most worsened", worsened)):
        listed = [
            f"{row.actual} predicted as {row.predicted}: {row.base} → {row.new}"
            for row in rows.head(MAX_PAIRS).itertuples()
        ]
        print(f"{title}: {'; '.join(listed) or 'none'}.\n")


def draw(pairs):
    """Draw the fixed and broken images if the prepared data is available."""
    try:
        images, labels = load_pair(Path("data/prepared"), "validation")
        if list(labels) != list(pairs.actual):
            raise UserError("data/prepared holds other images; run dvc repro")
    except UserError as error:
        print(f"review: no {PICTURE}: {error}", file=sys.stderr)
        return
    with atomic_write() as replacement:
        style.save(replacement(PICTURE), changes_figure, images, pairs)
    print(f"review: drew {PICTURE}", file=sys.stderr)


if __name__ == "__main__":
    run(main, name="review")
