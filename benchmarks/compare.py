"""Our training beside what a user would pick instead, in one go on this machine.

Run it by ``make bench``, after ``make repro``, with nothing else running. Rates are taken in
rounds, one contender after the other, and the median counts. So it does for the time to an
accuracy, over three seeds, where a course is short: one lucky epoch would decide it. The table goes
to benchmarks/compare.csv too.
"""

import json
import math
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from statistics import median

import pandas as pd
from tqdm import tqdm

from benchmarks.tables import EXAMPLE, MIDDLING, OURS, QUICK, comparison
from digits.command import run
from digits.errors import UserError
from digits.files import replacing
from digits.params import read_params

ROUNDS = 3
TARGETS = (0.99, 0.995)  # validation accuracies
SHORT = 90  # seconds: a course that takes less is run with more seeds
MORE_SEEDS = (1, 2)
SIZES = (1, 1000)  # images that are predicted at a time
PEERS = Path(".venv-bench/bin/python")
TABLE = Path("benchmarks/compare.csv")
HERE = [sys.executable, "-m"]
OUR_PROGRAM = [*HERE, "benchmarks.contenders.ours"]


def main():
    """Run all, print and write the table."""
    if not PEERS.exists():
        raise UserError(f"{PEERS}: no such file; make bench makes it")
    if not Path("data/prepared/train_images.npy").exists():
        raise UserError("data/prepared holds no images; make repro makes them")
    params = read_params()
    if params.prepare.validation != "official":
        raise UserError("params.yaml: prepare.validation: the targets are for the official split")
    machine = call(OUR_PROGRAM, "machine", {"recipe": "default", "seed": 0})
    contenders = contenders_for(params, machine["precision"])
    rates = {name: [] for name in contenders}
    predicting = [name for name in contenders if name == OURS or name.startswith("PyTorch")]
    jobs = 1 + ROUNDS * (1 + len(contenders)) + len(predicting) + 3 * len(contenders)
    with tqdm(total=jobs, unit="job", disable=None) as bar:

        def job(name, task, **settings):
            bar.set_postfix_str(f"{name}: {task}")
            command, own = contenders[name]
            result = call(command, task, own | {"seed": 0} | settings)
            bar.update()
            return result

        work = job(OURS, "work")
        peaks = []
        for _ in range(ROUNDS):
            peaks.append(job(OURS, "matrix_product"))
            for name in contenders:
                rates[name].append(job(name, "rate"))
        inference = {name: job(name, "inference", sizes=SIZES) for name in predicting}
        courses = {}
        for name in contenders:
            courses[name] = [job(name, "course", stop_at=TARGETS[-1])]
            seconds, _ = courses[name][0][-1]
            if seconds < SHORT:
                for seed in MORE_SEEDS:
                    courses[name].append(job(name, "course", stop_at=TARGETS[-1], seed=seed))
            else:
                bar.total -= len(MORE_SEEDS)

    table = pd.DataFrame(
        {
            "contender": name,
            "images_per_second": round(median(rates[name])),
            "seconds_to_99.0": seconds_to(courses[name], TARGETS[0]),
            "seconds_to_99.5": seconds_to(courses[name], TARGETS[1]),
            "courses": len(courses[name]),
        }
        | {
            f"predictions_per_second_batch_{size}": round(inference[name][str(size)])
            for size in SIZES
            if name in inference
        }
        | {"machine": machine["machine"]}
        for name in contenders
    )
    share = median(rates[OURS]) * work / median(peaks)
    table.loc[0, "share_of_matrix_product"] = round(share, 3)
    with replacing() as new:
        table.to_csv(new(TABLE), index=False, lineterminator="\n")
    print(comparison())


def contenders_for(params, precision):
    """Give name to (command, settings); bfloat16 is left out where ours does not use it."""
    pytorch = [str(PEERS), "benchmarks/contenders/pytorch.py"]
    settings = asdict(params.train) | {
        "network": asdict(params.network),
        "augment": asdict(params.augment),
    }
    contenders = {
        OURS: (OUR_PROGRAM, {"recipe": "default"}),
        MIDDLING: (OUR_PROGRAM, {"recipe": "middling"}),
        QUICK: (OUR_PROGRAM, {"recipe": "quick"}),
        EXAMPLE: ([*HERE, "benchmarks.contenders.keras_io"], {}),
        "PyTorch": (pytorch, settings | {"bfloat16": False}),
        "PyTorch, bfloat16": (pytorch, settings | {"bfloat16": True}),
        "ImageDataGenerator": ([*HERE, "benchmarks.contenders.tutorial"], {}),
    }
    if precision == "float32":
        del contenders["PyTorch, bfloat16"]
    return contenders


def call(command, task, settings):
    """Run one job in a process of its own; return what it gives."""
    job = json.dumps({"task": task, "settings": settings})
    done = subprocess.run(  # noqa: S603, no shell
        [*command, job], capture_output=True, text=True
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise UserError(f"{command[-1]}, {task}: {lines[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def seconds_to(courses, target):
    """Give the median of the seconds until the accuracy was reached; None if that is never."""
    middle = median(
        next((seconds for seconds, accuracy in course if accuracy >= target), math.inf)
        for course in courses
    )
    return None if math.isinf(middle) else round(middle, 1)


if __name__ == "__main__":
    run(main, name="bench")
