"""The recipes that are measured: the one of params.yaml, and what is changed in it."""

import tempfile
from dataclasses import replace

from digits.network.checkpoint import Checkpoint
from digits.network.training import train

# For trying things; the README gives the same as options of `dvc exp run`.
QUICK = {
    "network": {"filters": [16, 32, 64], "dropout": 0.1},
    "augment": {"rotation": 5.0, "shift": 1.0, "zoom": 0.05, "shear": 0.05},
    "train": {"epochs": 2, "learning_rate": 0.006, "ema_momentum": 0.99},
}
RECIPES = {
    "default": {},
    "float32": {"train": {"precision": "float32"}},
    "quick": QUICK,
    "quick_float32": QUICK | {"train": QUICK["train"] | {"precision": "float32"}},
}


def recipe(params, name):
    """Apply the changes of a recipe.

    Args:
        params: a :class:`digits.params.Params`.
        name: a key of RECIPES.

    Returns:
        A :class:`digits.params.Params`.
    """
    changes = {
        section: replace(getattr(params, section), **settings)
        for section, settings in RECIPES[name].items()
    }
    return replace(params, **changes)


def train_recipe(params, training, validation, *, dtype, callbacks=()):
    """Train as the stage does, and keep nothing on disk.

    Args:
        params: a :class:`digits.params.Params`.
        training: images and labels, as :func:`digits.network.training.train` takes them.
        validation: the same.
        dtype: Keras dtype policy to train in.
        callbacks: ``keras.callbacks.Callback`` objects that look on.

    Returns:
        What :func:`digits.network.training.train` returns.
    """
    with tempfile.TemporaryDirectory() as state:
        return train(
            training,
            validation,
            network=params.network,
            augment=params.augment,
            settings=params.train,
            dtype=dtype,
            checkpoint=Checkpoint(state, "benchmark"),
            callbacks=callbacks,
        )


def machine_of(environment):
    """Name the machine that a figure was taken on.

    Args:
        environment: of :func:`digits.network.machine.describe`.
    """
    return (
        f"{environment['processor']}, {environment['threads']} threads, {environment['precision']}"
    )
