"""The recipes that are measured: the one of params.yaml, and what recipes.yaml changes in it.

    python -m benchmarks.recipes quick

prints the changes as options of ``dvc exp run``.
"""

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import yaml

RECIPES = {"default": {}, "float32": {"train": {"precision": "float32"}}}
RECIPES |= yaml.safe_load(Path(__file__).parent.with_name("recipes.yaml").read_text("utf-8"))


def main():
    """Print the options, one per line."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.recipes", description="Print a recipe as options of dvc exp run."
    )
    parser.add_argument("recipe", choices=RECIPES)
    for section, settings in RECIPES[parser.parse_args().recipe].items():
        for name, value in settings.items():
            print(f"--set-param={section}.{name}={json.dumps(value, separators=(',', ':'))}")


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
    from digits.network.checkpoint import Checkpoint  # here: TensorFlow takes seconds to import
    from digits.network.training import train

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


if __name__ == "__main__":
    main()
