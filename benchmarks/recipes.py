"""The recipes that are measured: the one of params.yaml, and what is changed in it."""

import tempfile
from dataclasses import asdict, replace

from digits.checkpoint import Checkpoint
from digits.training import train

# For trying things; the README gives the same as options of `dvc exp run`.
QUICK = {
    "network": {"filters": [16, 32, 64], "dropout": 0.1},
    "augment": {"rotation": 5.0, "shift": 1.0, "zoom": 0.05, "shear": 0.05},
    "train": {"epochs": 2, "learning_rate": 0.006, "average": 0.99},
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


def train_recipe(params, training, validation, *, dtype, seed, callbacks=()):
    """Train as the stage does, with another seed, and keep nothing on disk.

    Args:
        params: a :class:`digits.params.Params`.
        training: images and labels, as :func:`digits.training.train` takes them.
        validation: the same.
        dtype: Keras dtype policy to train in.
        seed: in place of train.seed.
        callbacks: ``keras.callbacks.Callback`` objects that look on.

    Returns:
        What :func:`digits.training.train` returns.
    """
    settings = params.train
    with tempfile.TemporaryDirectory() as state:
        return train(
            training,
            validation,
            network=asdict(params.network),
            ranges=asdict(params.augment),
            epochs=settings.epochs,
            batch_size=settings.batch_size,
            learning_rate=settings.learning_rate,
            warmup=settings.warmup,
            average=settings.average,
            dtype=dtype,
            seed=seed,
            checkpoint=Checkpoint(state, "benchmark"),
            callbacks=callbacks,
        )


def machine_of(environment):
    """Name the machine that a figure was taken on.

    Args:
        environment: of :func:`digits.environment.describe`.
    """
    return (
        f"{environment['processor']}, {environment['threads']} threads, {environment['precision']}"
    )
