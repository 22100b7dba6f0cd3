"""Keras callbacks: checkpoints, divergence, progress."""

import time

import keras
import numpy as np

from digits.errors import UserError

METRICS = ["loss", "accuracy", "val_loss", "val_accuracy"]  # of each epoch, as Keras names them


def restore(model, state):
    """Restore a compiled model and its built optimizer from what :class:`SaveCheckpoint` saved.

    Returns the history: a dict from each of :data:`METRICS` to its values in the finished epochs,
    a list of floats. If ``state`` is None, the training is new and the lists are empty.
    """
    if state is None:
        return {metric: [] for metric in METRICS}
    for number, variable in enumerate(all_variables(model)):
        variable.assign(state[f"variable_{number}"])
    return {metric: state[metric].tolist() for metric in METRICS}


def all_variables(model):
    """List all that training changes: weights, dropout seeds, Adam's moments, averaged weights."""
    return [*model.variables, *model.optimizer.variables]


class SaveCheckpoint(keras.callbacks.Callback):
    """After each epoch, append its metrics to ``history`` and save the state of the training."""

    def __init__(self, checkpoint, history):
        super().__init__()
        self._checkpoint = checkpoint
        self._history = history

    def on_epoch_end(self, epoch, logs=None):
        for metric in METRICS:
            self._history[metric].append(float(logs[metric]))
        variables = {
            f"variable_{number}": variable.numpy()
            for number, variable in enumerate(all_variables(self.model))
        }
        metrics = {name: np.array(values) for name, values in self._history.items()}
        self._checkpoint.save(variables | metrics)


class StopOnDivergence(keras.callbacks.Callback):
    """Raise a UserError as soon as the loss is infinite or nan."""

    def __init__(self, learning_rate):
        super().__init__()
        self._learning_rate = learning_rate
        self._epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch, logs=None):
        self._check(logs["loss"])

    def on_epoch_end(self, epoch, logs=None):
        self._check(logs["val_loss"])  # the training loss is measured before a step

    def _check(self, loss):
        if not np.isfinite(loss):
            raise UserError(
                f"the loss became {float(loss)} in epoch {self._epoch}: lower"
                f" train.learning_rate (it is {self._learning_rate}) or raise train.warmup"
            )


class EpochLog(keras.callbacks.Callback):
    """Print a line per epoch with its metrics and the time left, where Keras prints no bar."""

    def on_train_begin(self, logs=None):
        self._start = time.monotonic()
        self._done = 0

    def on_epoch_end(self, epoch, logs=None):
        self._done += 1
        epochs = self.params["epochs"]
        elapsed = time.monotonic() - self._start
        left = elapsed / self._done * (epochs - epoch - 1)
        values = "  ".join(f"{metric} {logs[metric]:.4f}" for metric in METRICS)
        print(f"epoch {epoch + 1}/{epochs}  {values}  {left:.0f} s left", flush=True)
