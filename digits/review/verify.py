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
from digits.review.revision import git, read

LEAST_AGREEMENT = 0.998  # of predictions on another machine


def main():
    """Reproduce, print the table, and end with 0 only if all is the same."""
    root = Path(git("rev-parse", "--show-toplevel").decode().strip())
    committed("dvc.lock")  # before minutes of work that nothing could be compared with
    raw = root / "data/raw"
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        clone = Path(folder) / "clone"
        git("clone", "--quiet", "--no-hardlinks", str(root), str(clone))
        if raw.is_dir():  # fetch checks the bytes and gets only what is missing
            shutil.copytree(raw, clone / "data/raw")
        print(f"verify: reproduces {git('rev-parse', '--short', 'HEAD').decode().strip()}")
        if subprocess.run(["dvc", "repro", "--force"], cwd=clone).returncode != 0:  # noqa: S607
            raise UserError("the pipeline fails on HEAD; see above")
        table = compare(clone)
        print(table.to_string(index=False))
        if (table["same"] == "yes").all():
            print("verify: every output has the committed bytes")
            return
        here = json.loads((clone / "models/environment.json").read_text(encoding="utf-8"))
        there = json.loads(committed("models/environment.json"))
        other_machine = differences(there, here)
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
    new = lock_hashes((clone / "dvc.lock").read_bytes())
    old = lock_hashes(committed("dvc.lock"))
    rows = []
    for output in sorted(old | new):
        same = old.get(output) == new.get(output)
        tracked = read("HEAD", output)
        if same and tracked is not None and (clone / output).is_file():
            same = (clone / output).read_bytes() == tracked
        detail = "" if same else difference(output, clone)
        rows.append({"output": output, "same": "yes" if same else "no", "difference": detail})
    return pd.DataFrame(rows)


def lock_hashes(text):
    """Read the hash of each output from the bytes of a dvc.lock."""
    stages = yaml.safe_load(text)["stages"].values()
    return {out["path"]: out["md5"] for stage in stages for out in stage["outs"]}


def difference(output, clone):
    """Say by how much an output differs, where that can be said."""
    if output == "metrics.json":
        old, new = json.loads(committed(output)), read_metrics(clone)
        changed = [f"{key} {old.get(key)} -> {new[key]}" for key in new if old.get(key) != new[key]]
        return ", ".join(changed)
    if output == "plots/predictions.csv":
        return f"{agreement(clone):.2%} of the predictions agree"
    return ""


def agreement(clone):
    """Give the share of the validation images on which the two models agree."""
    old = pd.read_csv(io.BytesIO(committed("plots/predictions.csv")))
    new = pd.read_csv(clone / "plots/predictions.csv")
    if len(old) != len(new):
        return 0.0
    return float((old["predicted"] == new["predicted"]).mean())


def check_statistics(clone):
    """Hold another machine to what is promised there; UserError if it falls short."""
    metrics, agreed = json.loads(committed("metrics.json")), agreement(clone)
    accuracy = read_metrics(clone)["accuracy"]
    low, high = metrics["accuracy_low"], metrics["accuracy_high"]
    print(f"verify: accuracy {accuracy}; the committed interval is {low} to {high}")
    print(f"verify: {agreed:.2%} of the predictions agree; at least {LEAST_AGREEMENT:.1%} must")
    if not low <= accuracy <= high or agreed < LEAST_AGREEMENT:
        raise UserError("the results differ by more than another machine explains")


def read_metrics(clone):
    """Read the metrics of the clone."""
    return json.loads((clone / "metrics.json").read_text(encoding="utf-8"))


def committed(path):
    """Read a file of HEAD as bytes; UserError if HEAD has none."""
    content = read("HEAD", path)
    if content is None:
        raise UserError(f"HEAD has no {path}; run dvc repro and commit what it wrote")
    return content


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # in order with what the stages print
    run(main, name="verify")
