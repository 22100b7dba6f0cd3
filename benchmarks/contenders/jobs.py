"""Command line and data of the contenders; needs only Python and NumPy.

Each has some of these tasks, functions of settings, a dict:

- ``rate``: images per second in training, augmentation included;
- ``course``: [seconds, validation accuracy] for each epoch, until the accuracy ``stop_at``;
- ``inference``: images per second in prediction, by each batch size of ``sizes``.
"""

import json
import sys
import time

import numpy as np


def load():
    """Read training and validation data: pairs of uint8 images (n, 28, 28) and labels (n,)."""
    return [
        tuple(np.load(f"data/prepared/{part}_{kind}.npy") for kind in ("images", "labels"))
        for part in ("train", "validation")
    ]


def run_task(tasks):
    """Run the task on the command line, JSON with ``task`` and ``settings``; print its result."""
    job = json.loads(sys.argv[1])
    print(json.dumps(tasks[job["task"]](job["settings"])))


def images_per_second(predict, images):
    """Measure the rate of ``predict(images)`` for three seconds, after one second of warm-up."""
    for seconds in (1, 3):
        calls, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            predict(images)
            calls += 1
    return calls * len(images) / (time.perf_counter() - start)
