"""Train the network: Adam, a warm-up and a cosine, the moving average of the weights."""

import sys

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from digits.batches import training_batches
from digits.dataset import CLASSES
from digits.errors import UserError
from digits.model import as_input, build
from digits.progress import EpochLines

STEPS_PER_CALL = 8  # steps that TensorFlow takes between two calls from Python
VALIDATION_BATCH = 1000  # images
MEASURES = ["loss", "accuracy", "val_loss", "val_accuracy"]  # of each epoch


def make_deterministic(*, seed, threads):
    """Make TensorFlow compute the same bits from the same seed, on the same machine.

    Call it before anything is computed. The number of threads decides in which order sums are
    taken, and so the bits.

    Args:
        seed: a whole number from 0.
        threads: a whole number from 1.
    """
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(seed)


def train(
    training,
    validation,
    *,
    network,
    ranges,
    epochs,
    batch_size,
    learning_rate,
    warmup,
    average,
    dtype,
    seed,
    checkpoint,
    callbacks=(),
):
    """Train a new network over a fixed schedule.

    Nothing is chosen by the validation images: they are only measured, after each epoch, with
    the averaged weights (Polyak and Juditsky, 1992), which are also what the model ends with.

    Args:
        training: images, uint8 (n, height, width), and labels, uint8 (n,).
        validation: the same.
        network: keyword arguments of :func:`digits.model.build`: filters, kernel_sizes, dropout.
        ranges: keyword arguments of :func:`digits.augment.warp`.
        epochs: passes over the training images.
        batch_size: images a step.
        learning_rate: at its peak.
        warmup: fraction of the steps in which the learning rate rises from 0 to its peak, in a
            straight line; then it falls to 0 along a cosine (Loshchilov and Hutter, 2017).
        average: momentum a step of the moving average of the weights.
        dtype: Keras dtype policy to train in.
        seed: of the initial weights, dropout, order and warps.
        checkpoint: a :class:`digits.checkpoint.Checkpoint`, written after each epoch. Where it
            holds a state, training goes on from there, and ends with the same bits as if it had
            never stopped.
        callbacks: ``keras.callbacks.Callback`` objects that look on.

    Returns:
        The model, in float32 whatever it was trained in, and its history: a DataFrame, one row
        an epoch, with the columns epoch, loss, accuracy, val_loss, val_accuracy, learning_rate.

    Raises:
        UserError: the loss is no longer finite.
    """
    images, labels = training
    steps = epochs * -(-len(images) // batch_size)
    schedule = warmup_then_cosine(peak=learning_rate, steps=steps, warmup=warmup)
    shape = dict(image_size=images.shape[1:], seed=seed, **network)
    model = build(dtype=dtype, **shape)
    model.compile(
        optimizer=keras.optimizers.Adam(schedule, use_ema=True, ema_momentum=average),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        # XLA takes a quarter longer on processors, and has no form of the warp.
        jit_compile=False,
        steps_per_execution=STEPS_PER_CALL,
    )
    model.optimizer.build(model.trainable_variables)
    history = restore(model, checkpoint.load())
    first_epoch = len(history["loss"])
    if first_epoch:
        print(f"train: goes on after epoch {first_epoch} of {epochs}, where a run was stopped")

    epoch = tf.Variable(0, dtype=tf.int64)
    on_terminal = sys.stdout.isatty()
    model.fit(
        training_batches(
            images,
            one_hot(labels),
            batch_size=batch_size,
            epoch=epoch,
            seed=seed,
            ranges=ranges,
        ),
        validation_data=tf.data.Dataset.from_tensor_slices(
            (as_input(validation[0]), one_hot(validation[1]))
        ).batch(VALIDATION_BATCH),
        initial_epoch=first_epoch,
        epochs=epochs,
        shuffle=False,  # training_batches does it
        verbose=1 if on_terminal else 0,
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_begin=lambda number, _: epoch.assign(number)),
            StopOnDivergence(learning_rate),
            keras.callbacks.SwapEMAWeights(),
            KeepState(checkpoint, history),
            *([] if on_terminal else [EpochLines()]),
            *callbacks,
        ],
    )
    model_float32 = build(**shape)
    model_float32.set_weights(model.get_weights())
    return model_float32, history_table(history, schedule=schedule, steps=steps)


def one_hot(labels):
    """Turn uint8 (n,) into float32 (n, 10)."""
    return np.eye(CLASSES, dtype=np.float32)[labels]


def warmup_then_cosine(*, peak, steps, warmup):
    """Make the learning rate a function of the step, as :func:`train` describes it."""
    rising = min(round(steps * warmup), steps - 1)  # the cosine has a step at least
    if rising == 0:
        return keras.optimizers.schedules.CosineDecay(peak, steps)
    return keras.optimizers.schedules.CosineDecay(
        0.0, steps - rising, warmup_target=peak, warmup_steps=rising
    )


def history_table(history, *, schedule, steps):
    """Put the measures of the epochs in a table, with the learning rate at the end of each."""
    epochs = len(history["loss"])
    last_steps = [steps // epochs * (number + 1) - 1 for number in range(epochs)]
    return pd.DataFrame(
        {"epoch": range(1, epochs + 1)}
        | history
        | {"learning_rate": [float(schedule(step)) for step in last_steps]}
    )


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
    """Collect the measures of each epoch, and save the whole state after it."""

    def __init__(self, checkpoint, history):
        """Take where to save, and the measures of earlier epochs, to which new ones are added."""
        super().__init__()
        self._checkpoint = checkpoint
        self._history = history

    def on_epoch_end(self, epoch, logs=None):
        """Save."""
        for measure in MEASURES:
            self._history[measure].append(float(logs[measure]))
        variables = {
            f"variable_{number}": variable.numpy()
            for number, variable in enumerate(all_variables(self.model))
        }
        measures = {name: np.array(values) for name, values in self._history.items()}
        self._checkpoint.save(variables | measures)


class StopOnDivergence(keras.callbacks.Callback):
    """Stop with an error as soon as the loss is not a finite number."""

    def __init__(self, learning_rate):
        """Take the learning rate, to say what to lower."""
        super().__init__()
        self._learning_rate = learning_rate
        self._epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        """Remember the epoch, to say when."""
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch, logs=None):
        """Look at the loss."""
        self._check(logs["loss"])

    def on_epoch_end(self, epoch, logs=None):
        """Look at what the last step led to, which no training loss tells."""
        self._check(logs["val_loss"])

    def _check(self, loss):
        if not np.isfinite(loss):
            raise UserError(
                f"the loss became {float(loss)} in epoch {self._epoch}: lower"
                f" train.learning_rate (it is {self._learning_rate}) or raise train.warmup"
            )
