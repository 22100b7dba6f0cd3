"""The figures in ``plots/``.

The stage ``evaluate`` calls each function under ``@saved_as("NAME")`` in this package with the
:class:`Results` and saves the ``Figure`` that it returns as ``plots/NAME.png``.
"""

import importlib
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # digits.predict uses the style of the figures where pandas is not installed
    import pandas as pd

_FIGURES = {}


@dataclass(frozen=True, kw_only=True)
class Results:
    """The training, and the predictions for the n validation images."""

    images: np.ndarray  # uint8 (n, height, width), from 0 (white) to 255 (black)
    labels: np.ndarray  # uint8 (n,), the actual digits
    probabilities: np.ndarray  # float64 (n, 10); each row sums to 1
    predictions: "pd.DataFrame"  # from digits.evaluation.scoring.predictions_table
    history: "pd.DataFrame"  # from digits.network.training.train, a row per epoch
    augmented: np.ndarray  # from digits.network.augment.examples, of some training images


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
