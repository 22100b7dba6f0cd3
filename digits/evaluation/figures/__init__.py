"""The figures of ``plots/``: every module here has functions that draw a :class:`Results`.

A function under ``@saved_as("NAME")`` is a figure: the stage ``evaluate`` draws it as
``plots/NAME.png``.
"""

import importlib
import pkgutil
from dataclasses import dataclass

import numpy as np
import pandas as pd

_FIGURES = {}


@dataclass(frozen=True, kw_only=True)
class Results:
    """What a figure may show: the training, and the predictions for the n validation images.

    Attributes:
        images: uint8 (n, height, width), from 0 (white) to 255 (black).
        labels: uint8 (n,), the actual digits.
        probabilities: float64 (n, 10); each row sums to 1.
        predictions: the table of :func:`digits.evaluation.scoring.predictions_table`.
        history: the table of :func:`digits.network.training.train`, a row per epoch.
        augmented: float32 (images, 1 + copies, height, width) in [0, 1]: some training images,
            each as it is and then augmented.
    """

    images: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray
    predictions: pd.DataFrame
    history: pd.DataFrame
    augmented: np.ndarray


def saved_as(name):
    """Register a function from :class:`Results` to a ``Figure`` under its file's name."""

    def register(draw):
        _FIGURES[name] = draw
        return draw

    return register


def all_figures():
    """Import every module of this package; return the registered functions by name."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return _FIGURES
