"""Command line and data of the contenders; needs only Python and NumPy."""

import json
import sys
import time
from pathlib import Path

import numpy as np

DATA = Path("data/prepared")
INFERENCE_SECONDS = 3


def load():
    """Read training and validation data: pairs of uint8 images (n, 28, 28) and labels (n,)."""
    return [
        tuple(np.load(DATA / f"{part}_{kind}.npy") for kind in ("images", "labels"))
        for part in ("train", "validation")
    ]


def run_task(tasks):
    """Run the task on the command line, JSON with ``task`` and ``settings``; print its result.

    Args:
        tasks: dict from a name to a function that takes the settings and returns JSON values.
    """
    job = json.loads(sys.argv[1])
    print(json.dumps(tasks[job["task"]](job["settings"])))


def images_per_second(predict, images):
    """Measure the rate of a prediction.

    Args:
        predict: function that takes the images.
        images: array (batch, ...).

    Returns:
        Images per second, measured for three seconds after one second of warm-up.
    """
    for seconds in (1, INFERENCE_SECONDS):
        calls, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            predict(images)
            calls += 1
    return calls * len(images) / (time.perf_counter() - start)
