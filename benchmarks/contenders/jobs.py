"""How a contender takes its job and gives its result; needs nothing but Python and NumPy."""

import json
import sys
import time
from pathlib import Path

import numpy as np

DATA = Path("data/prepared")
INFERENCE_SECONDS = 3


def load():
    """Read the prepared arrays: two pairs of uint8 images (n, 28, 28) and labels (n,)."""
    return [
        tuple(np.load(DATA / f"{part}_{kind}.npy") for kind in ("images", "labels"))
        for part in ("train", "validation")
    ]


def take(tasks):
    """Run the task that the first argument names, with the settings of the second; print JSON.

    Args:
        tasks: dict from a name to a function of the settings, which returns what JSON can hold.
    """
    job = json.loads(sys.argv[1])
    print(json.dumps(tasks[job["task"]](job["settings"])))


def images_per_second(predict, images):
    """Time a prediction again and again.

    Args:
        predict: function of the images.
        images: array (batch, ...).

    Returns:
        Images per second, over three seconds, after one second of warm-up.
    """
    for seconds in (1, INFERENCE_SECONDS):
        calls, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            predict(images)
            calls += 1
    return calls * len(images) / (time.perf_counter() - start)
