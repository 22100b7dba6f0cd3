"""What goes on beside the steps of a training: progress, its state on disk, a stop if it fails."""

import time

import keras
import numpy as np

from digits.errors import UserError

# Of each epoch, with Keras' names for them: its loss is that of the smoothed labels.
MEASURES = {
    "loss": "cross_entropy",
    "accuracy": "accuracy",
    "val_loss": "val_cross_entropy",
    "val_accuracy": "val_accuracy",
}


def restore(model, state):
    """Put a model and its optimizer where a stopped training left them.

    Args:
        model: compiled, with its optimizer built.
        state: as :class:`KeepState` saves it; None for a training that begins.

    Returns:
        The measures of the epochs that are done: a dict from the measure to a list.
    """
    if state is None:
        return {measure: [] for measure in MEASURES}
    for number, variable in enumerate(all_variables(model)):
        variable.assign(state[f"variable_{number}"])
    return {measure: state[measure].tolist() for measure in MEASURES}


def all_variables(model):
    """List all that a training changes: weights, state of dropout, Adam's moments, the average."""
    return [*model.variables, *model.optimizer.variables]


class KeepState(keras.callbacks.Callback):
    """Add the measures of each epoch to ``history``, and save the whole state after it."""

    def __init__(self, checkpoint, history):
        super().__init__()
        self._checkpoint = checkpoint
        self._history = history

    def on_epoch_end(self, epoch, logs=None):
        for measure, name in MEASURES.items():
            self._history[measure].append(float(logs[name]))
        variables = {
            f"variable_{number}": variable.numpy()
            for number, variable in enumerate(all_variables(self.model))
        }
        measures = {name: np.array(values) for name, values in self._history.items()}
        self._checkpoint.save(variables | measures)


class StopOnDivergence(keras.callbacks.Callback):
    """Stop with an error as soon as the loss is not a finite number."""

    def __init__(self, learning_rate):
        super().__init__()
        self._learning_rate = learning_rate
        self._epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch, logs=None):
        self._check(logs["loss"])

    def on_epoch_end(self, epoch, logs=None):
        self._check(logs["val_loss"])  # what the last step led to, which no training loss tells

    def _check(self, loss):
        if not np.isfinite(loss):
            raise UserError(
                f"the loss became {float(loss)} in epoch {self._epoch}: lower"
                f" train.learning_rate (it is {self._learning_rate}) or raise train.warmup"
            )


class EpochLines(keras.callbacks.Callback):
    """Print a line per epoch, with the time left, for where no terminal shows Keras' bar."""

    def on_train_begin(self, logs=None):
        self._start = time.monotonic()
        self._done = 0

    def on_epoch_end(self, epoch, logs=None):
        self._done += 1
        epochs = self.params["epochs"]
        elapsed = time.monotonic() - self._start
        left = elapsed / self._done * (epochs - epoch - 1)
        values = "  ".join(f"{measure} {logs[name]:.4f}" for measure, name in MEASURES.items())
        print(f"epoch {epoch + 1}/{epochs}  {values}  {left:.0f} s left", flush=True)
