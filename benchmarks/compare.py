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
TARGETS = {"99.0": 0.99, "99.5": 0.995}  # validation accuracies
SHORT = 90  # seconds: a faster training is repeated with MORE_SEEDS
MORE_SEEDS = (1, 2)
SIZES = (1, 1000)  # images per prediction
PEERS = Path(".venv-bench/bin/python")  # of the environment with PyTorch
OUR_PROGRAM = [sys.executable, "-m", "benchmarks.contenders.ours"]


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
    predicting = [name for name in contenders if name == OURS or name.startswith("PyTorch")]
    courses = {name: [] for name in contenders}
    jobs = 1 + ROUNDS * (1 + len(contenders)) + len(predicting) + 3 * len(contenders)
    with tqdm(total=jobs, unit="job", disable=None) as bar:

        def job(name, task, **settings):
            bar.set_postfix_str(f"{name}: {task}")
            command, own = contenders[name]
            result = call(command, task, own | {"seed": 0} | settings)
            bar.update()
            return result

        work = job(OURS, "work")
        rounds = [
            {"peak": job(OURS, "matrix_product")} | {name: job(name, "rate") for name in contenders}
            for _ in range(ROUNDS)
        ]
        inference = {name: job(name, "inference", sizes=SIZES) for name in predicting}
        for name, runs in courses.items():
            runs.append(job(name, "course", stop_at=max(TARGETS.values())))
            seconds, _ = runs[0][-1]
            if seconds < SHORT:
                for seed in MORE_SEEDS:
                    runs.append(job(name, "course", stop_at=max(TARGETS.values()), seed=seed))
            else:
                bar.total -= len(MORE_SEEDS)

    rates = pd.DataFrame(rounds).median()
    table = pd.DataFrame(
        {"contender": name, "images_per_second": round(rates[name])}
        | {f"seconds_to_{text}": seconds_to(runs, target) for text, target in TARGETS.items()}
        | {"courses": len(runs)}
        | {
            f"predictions_per_second_batch_{size}": round(rate)
            for size, rate in inference.get(name, {}).items()
        }
        | {"machine": machine["machine"]}
        for name, runs in courses.items()
    )
    table.loc[0, "share_of_matrix_product"] = round(rates[OURS] * work / rates["peak"], 3)
    with atomic_write() as new:
        table.to_csv(new("benchmarks/results/compare.csv"), index=False, lineterminator="\n")
    print(comparison())


def contenders_for(params, precision):
    """Return a dict from name to (command, settings); bfloat16 only if our training uses it."""
    settings = params.train.model_dump() | params.model_dump(include={"network", "augment"})
    contenders = {
        OURS: (OUR_PROGRAM, {"recipe": "default"}),
        BALANCED: (OUR_PROGRAM, {"recipe": "balanced"}),
        QUICK: (OUR_PROGRAM, {"recipe": "quick"}),
        EXAMPLE: ([sys.executable, "-m", "benchmarks.contenders.keras_io"], {}),
    }
    for name, bfloat16 in {"PyTorch": False, "PyTorch, bfloat16": True}.items():
        if precision != "float32" or not bfloat16:
            command = [str(PEERS), "benchmarks/contenders/pytorch.py"]
            contenders[name] = command, settings | {"bfloat16": bfloat16}
    tutorial = [sys.executable, "-m", "benchmarks.contenders.tutorial"]
    return contenders | {"ImageDataGenerator": (tutorial, {})}


def call(command, task, settings):
    """Run a task in a separate process and return its result."""
    job = json.dumps({"task": task, "settings": settings})
    done = subprocess.run([*command, job], capture_output=True, text=True)  # noqa: S603, no shell
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise UserError(f"{command[-1]}, {task}: {lines[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def seconds_to(courses, target):
    """Return the median time until an accuracy is reached, in seconds; None if it never is."""
    times = [
        next((seconds for seconds, accuracy in course if accuracy >= target), math.inf)
        for course in courses
    ]
    return None if math.isinf(median(times)) else round(median(times), 1)


if __name__ == "__main__":
    run(main, name="bench")
