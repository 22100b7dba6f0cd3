"""Speed of our training and prediction compared with the alternatives, on this machine.

Run it with ``make bench``, after ``make repro``, with nothing else running. A rate is the median of
several rounds, each of which runs all contenders in turn. The time to an accuracy is the median of
three seeds if training is short, because a single lucky epoch could decide it. The table goes to
benchmarks/results/compare.csv.
"""

import json
import math
import subprocess
import sys
from pathlib import Path
from statistics import median

import pandas as pd
from tqdm import tqdm

from benchmarks.tables import BALANCED, EXAMPLE, OURS, QUICK, comparison
from digits.atomic_write import atomic_write
from digits.cli import run
from digits.errors import UserError
from digits.params import read_params

ROUNDS = 3
TARGETS = (0.99, 0.995)  # validation accuracies
SHORT = 90  # seconds: a faster training is repeated with MORE_SEEDS
MORE_SEEDS = (1, 2)
SIZES = (1, 1000)  # images per prediction
PEERS = Path(".venv-bench/bin/python")  # of the environment with PyTorch
TABLE = Path("benchmarks/results/compare.csv")
RUN_MODULE = [sys.executable, "-m"]
OUR_PROGRAM = [*RUN_MODULE, "benchmarks.contenders.ours"]


def main():
    """Run all measurements; write and print the table."""
    if not PEERS.exists():
        raise UserError(f"{PEERS}: no such file; make bench creates it")
    if not Path("data/prepared/train_images.npy").exists():
        raise UserError("data/prepared holds no images; run make repro")
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
    with atomic_write() as new:
        table.to_csv(new(TABLE), index=False, lineterminator="\n")
    print(comparison())


def contenders_for(params, precision):
    """Return a dict from name to (command, settings); bfloat16 only if our training uses it."""
    pytorch = [str(PEERS), "benchmarks/contenders/pytorch.py"]
    settings = params.train.model_dump() | {
        "network": params.network.model_dump(),
        "augment": params.augment.model_dump(),
    }
    contenders = {
        OURS: (OUR_PROGRAM, {"recipe": "default"}),
        BALANCED: (OUR_PROGRAM, {"recipe": "balanced"}),
        QUICK: (OUR_PROGRAM, {"recipe": "quick"}),
        EXAMPLE: ([*RUN_MODULE, "benchmarks.contenders.keras_io"], {}),
        "PyTorch": (pytorch, settings | {"bfloat16": False}),
        "PyTorch, bfloat16": (pytorch, settings | {"bfloat16": True}),
        "ImageDataGenerator": ([*RUN_MODULE, "benchmarks.contenders.tutorial"], {}),
    }
    if precision == "float32":
        del contenders["PyTorch, bfloat16"]
    return contenders


def call(command, task, settings):
    """Run a task in a separate process and return its result."""
    job = json.dumps({"task": task, "settings": settings})
    done = subprocess.run(  # noqa: S603, no shell
        [*command, job], capture_output=True, text=True
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise UserError(f"{command[-1]}, {task}: {lines[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def seconds_to(courses, target):
    """Return the median time until an accuracy is reached, in seconds; None if it never is."""
    middle = median(
        next((seconds for seconds, accuracy in course if accuracy >= target), math.inf)
        for course in courses
    )
    return None if math.isinf(middle) else round(middle, 1)


if __name__ == "__main__":
    run(main, name="bench")
