"""Reproduce HEAD in a temporary clone and compare every output with the committed one.

Run it with ``make verify``. It copies the raw data to the clone and runs all stages there, without
DVC's cache. Then it compares the outputs with dvc.lock and with Git, byte by byte.
"""

import io
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import yaml

from digits.cli import run
from digits.errors import UserError
from digits.review.dvc import hashes
from digits.review.git import environment_without_git, git, read

# What a stage writes about the machine that it runs on.
RECORDS = ["models/environment.json", "plots/packages.json"]
MIN_AGREEMENT = 0.998  # share of equal predictions on another machine


def main():
    """Reproduce HEAD in a temporary clone and check the outputs."""
    committed("dvc.lock")  # an early error, before minutes of work
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        # This folder need not be the top of its repository.
        top, below = git("rev-parse", "--show-toplevel", "--show-prefix").decode().splitlines()
        environment = environment_without_git()
        git("clone", "--quiet", "--no-hardlinks", top, folder, environment=environment)
        clone = Path(folder, below)
        if Path("data/raw").is_dir():  # fetch checks them and downloads what is missing
            shutil.copytree("data/raw", clone / "data/raw")
        print(f"verify: reproducing {git('rev-parse', '--short', 'HEAD').decode().strip()}")
        command = [sys.executable, "-m", "dvc", "repro", "--force"]
        done = subprocess.run(command, cwd=clone, env=environment)  # noqa: S603, no shell
        if done.returncode != 0:
            raise UserError("the pipeline failed on HEAD; see above")
        check(clone)


def check(clone):
    """Print a table of the outputs of a clone.

    Raises UserError if an output differs, unless another machine explains the difference.
    """
    table = compare(clone)
    print(table.to_string(index=False))
    if (table.same == "yes").all():
        print("verify: every output is identical to the committed one")
        return
    other_machine = [line for name in RECORDS for line in differences(*both(name, clone))]
    if not other_machine:
        raise UserError("outputs differ although the machine is the same as that of dvc.lock")
    print("verify: this machine differs from that of dvc.lock (committed / here):")
    print("\n".join(f"  {line}" for line in other_machine))
    check_statistics(clone)


def compare(clone):
    """Compare the outputs of a clone with those of HEAD, by their hashes in dvc.lock.

    Returns a DataFrame, a row per output: output, same (yes or no), difference (a short text).
    """
    old, new = (hashes(yaml.safe_load(lock)) for lock in both("dvc.lock", clone))
    rows = []
    for output in sorted(old | new):
        same = old.get(output) == new.get(output)
        if same and (clone / output).is_file():  # the file in Git may not match dvc.lock
            same = read("HEAD", output) in (None, (clone / output).read_bytes())
        detail = "" if same else describe_difference(output, clone)
        rows.append((output, "yes" if same else "no", detail))
    return pd.DataFrame(rows, columns=["output", "same", "difference"])


def differences(one, other):
    """List the differences between two records of the machine, given as bytes: a line per key."""
    left, right = (
        pd.json_normalize(json.loads(text)).to_dict("records")[0] for text in (one, other)
    )
    return [
        f"{name}: {left.get(name)} / {right.get(name)}"
        for name in sorted(left.keys() | right.keys())
        if left.get(name) != right.get(name)
    ]


def describe_difference(output, clone):
    """Describe by how much an output differs; an empty text for binary files and pictures."""
    if output == "metrics.json":
        old, new = map(json.loads, both(output, clone))
        return ", ".join(
            f"{key} {old.get(key)} -> {new[key]}" for key in new if old.get(key) != new[key]
        )
    if output == "plots/predictions.csv":
        return f"{agreement(clone):.2%} of the predictions agree"
    return ""


def agreement(clone):
    """Return the share of the validation images on which the two models agree."""
    old, new = (pd.read_csv(io.BytesIO(text)) for text in both("plots/predictions.csv", clone))
    if len(old) != len(new):
        return 0.0
    return float((old.predicted == new.predicted).mean())


def check_statistics(clone):
    """Check that results from another machine agree statistically; UserError if they do not."""
    old, new = map(json.loads, both("metrics.json", clone))
    low, high, accuracy = old["accuracy_low"], old["accuracy_high"], new["accuracy"]
    agreed = agreement(clone)
    print(
        f"verify: accuracy is {accuracy}; the committed interval is {low} to {high}\n"
        f"verify: {agreed:.2%} of the predictions agree; at least {MIN_AGREEMENT:.1%} are required"
    )
    if not low <= accuracy <= high or agreed < MIN_AGREEMENT:
        raise UserError("the results differ by more than another machine can explain")


def both(path, clone):
    """Return a file of HEAD and the same file of the clone, as bytes."""
    return committed(path), (clone / path).read_bytes()


def committed(path):
    """Return a file of HEAD as bytes; UserError if there is none."""
    content = read("HEAD", path)
    if content is None:
        raise UserError(f"HEAD has no {path}; run dvc repro and commit its results")
    return content


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # in order with the output of the stages
    run(main, name="verify")
