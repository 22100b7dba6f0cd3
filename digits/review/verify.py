"""Reproduce HEAD in a scratch folder and compare every byte with what is committed.

Run it by ``make verify``. It clones HEAD, hands it the raw data, forces all stages there, with
no cache of DVC's to take results from, and compares what they write with dvc.lock and with Git.
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

from digits.command import run
from digits.errors import UserError
from digits.review.differences import differences
from digits.review.revision import elsewhere, git, read

PLACE = ("toplevel", "prefix")  # as `git rev-parse` names the top and the way down to this folder
LEAST_AGREEMENT = 0.998  # of predictions on another machine


def main():
    """Reproduce, print the table, and end with 0 only if all is the same."""
    committed("dvc.lock")  # before minutes of work that nothing could be compared with
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        # This folder need not be the top of its repository.
        top, below = (git("rev-parse", f"--show-{what}").decode().strip() for what in PLACE)
        git("clone", "--quiet", "--no-hardlinks", top, folder, environment=elsewhere())
        clone = Path(folder, below)
        if Path("data/raw").is_dir():  # fetch checks the bytes and gets only what is missing
            shutil.copytree("data/raw", clone / "data/raw")
        print(f"verify: reproduces {git('rev-parse', '--short', 'HEAD').decode().strip()}")
        command = [sys.executable, "-m", "dvc", "repro", "--force"]
        done = subprocess.run(command, cwd=clone, env=elsewhere())  # noqa: S603, no shell
        if done.returncode != 0:
            raise UserError("the pipeline fails on HEAD; see above")
        table = compare(clone)
        print(table.to_string(index=False))
        if (table.same == "yes").all():
            print("verify: every output has the committed bytes")
            return
        other_machine = differences(*both("models/environment.json", clone))
        if not other_machine:
            raise UserError("the machine is the one that made dvc.lock, but the bytes differ")
        print("verify: another machine than the one that made dvc.lock (committed / here):")
        print("\n".join(f"  {line}" for line in other_machine))
        check_statistics(clone)


def compare(clone):
    """Compare each output of the clone's new dvc.lock with HEAD's.

    Returns:
        A DataFrame, a row per output: output, same (yes or no), and by how much it differs.
    """
    old, new = map(lock_hashes, both("dvc.lock", clone))
    rows = []
    for output in sorted(old | new):
        same = old.get(output) == new.get(output)
        if same and (clone / output).is_file():  # Git may hold other bytes than dvc.lock says
            same = read("HEAD", output) in (None, (clone / output).read_bytes())
        detail = "" if same else difference(output, clone)
        rows.append((output, "yes" if same else "no", detail))
    return pd.DataFrame(rows, columns=["output", "same", "difference"])


def lock_hashes(text):
    """Read the hash of each output from the bytes of a dvc.lock."""
    stages = yaml.safe_load(text)["stages"].values()
    return {out["path"]: out["md5"] for stage in stages for out in stage["outs"]}


def difference(output, clone):
    """Say by how much an output differs, where that can be said."""
    if output == "metrics.json":
        old, new = map(json.loads, both(output, clone))
        changed = [f"{key} {old.get(key)} -> {new[key]}" for key in new if old.get(key) != new[key]]
        return ", ".join(changed)
    if output == "plots/predictions.csv":
        return f"{agreement(clone):.2%} of the predictions agree"
    return ""


def agreement(clone):
    """Give the share of the validation images on which the two models agree."""
    old, new = (pd.read_csv(io.BytesIO(text)) for text in both("plots/predictions.csv", clone))
    if len(old) != len(new):
        return 0.0
    return float((old.predicted == new.predicted).mean())


def check_statistics(clone):
    """Hold another machine to what is promised there; UserError if it falls short."""
    old, new = map(json.loads, both("metrics.json", clone))
    low, high, accuracy = old["accuracy_low"], old["accuracy_high"], new["accuracy"]
    agreed = agreement(clone)
    print(f"verify: accuracy {accuracy}; the committed interval is {low} to {high}")
    print(f"verify: {agreed:.2%} of the predictions agree; at least {LEAST_AGREEMENT:.1%} must")
    if not low <= accuracy <= high or agreed < LEAST_AGREEMENT:
        raise UserError("the results differ by more than another machine explains")


def both(path, clone):
    """Read the bytes of a file of HEAD and of the same file of the clone."""
    return committed(path), (clone / path).read_bytes()


def committed(path):
    """Read a file of HEAD as bytes; UserError if HEAD has none."""
    content = read("HEAD", path)
    if content is None:
        raise UserError(f"HEAD has no {path}; run dvc repro and commit what it wrote")
    return content


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # in order with what the stages print
    run(main, name="verify")
