"""Train the network over a fixed schedule, and give it the right confidence."""

import sys

import keras
import pandas as pd
import tensorflow as tf

from digits.errors import UserError
from digits.network.batches import training_batches, validation_batches
from digits.network.callbacks import EpochLines, KeepState, StopOnDivergence, restore
from digits.network.machine import devices, strategy
from digits.network.model import build
from digits.network.optimizer import AveragingAdam, warmup_then_cosine
from digits.network.temperature import scale_logits

STEPS_PER_CALL = 8  # steps that TensorFlow takes between two calls from Python
VALIDATION_BATCH = 1000  # images at most


def train(training, validation, *, network, augment, settings, dtype, checkpoint, callbacks=()):
    """Train a new network over a fixed schedule.

    Nothing is chosen by the validation images: they are only measured, after each epoch, with
    the averaged weights (Polyak and Juditsky, 1992), which are also what the model ends with.

    Labels are smoothed (Szegedy et al., 2016), if so asked, in what is minimized, not in what is
    measured. What that takes from the confidence the temperature gives back, in the end.

    Where there are several GPUs, each takes its share of every batch. That sums in another order,
    so it ends with other bits than one device. Images that would leave the shares unequal, fewer
    than there are devices, are left out of the training and of the measures after each epoch.

    Args:
        training: images, uint8 (n, height, width), and labels, uint8 (n,).
        validation: the same.
        network: a :class:`digits.params.Network`.
        augment: a :class:`digits.params.Augment`.
        settings: a :class:`digits.params.Train`; its threads and precision are set up before, by
            :func:`digits.network.machine.set_up`.
        dtype: Keras dtype policy to train in.
        checkpoint: a :class:`digits.network.checkpoint.Checkpoint`, written after each epoch.
            Where it holds a state, training goes on from there, and ends with the same bits as if
            it had never stopped.
        callbacks: ``keras.callbacks.Callback`` objects that look on.

    Returns:
        The model, in float32 whatever it was trained in, and its history: a DataFrame, one row
        per epoch, with the columns epoch, loss, accuracy, val_loss, val_accuracy, learning_rate.

    Raises:
        UserError: the loss is no longer finite, or the devices cannot share a batch equally.
    """
    shares = len(devices())
    if settings.batch_size % shares:
        raise UserError(
            f"train.batch_size: {settings.batch_size} images cannot be shared equally by"
            f" {shares} devices; it must be a multiple of {shares}"
        )
    images, labels = divisible(training, shares)
    epochs, seed = settings.epochs, settings.seed
    steps = epochs * -(-len(images) // settings.batch_size)
    schedule = warmup_then_cosine(peak=settings.learning_rate, steps=steps, warmup=settings.warmup)
    with strategy().scope():
        model = build(network, image_size=images.shape[1:], seed=seed, dtype=dtype)
        model.compile(
            optimizer=AveragingAdam(schedule, ema_momentum=settings.ema_momentum),
            loss=keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing),
            metrics=["accuracy", keras.metrics.CategoricalCrossentropy(name="cross_entropy")],
            # XLA takes a quarter longer on processors, and has no form of the warp.
            jit_compile=False,
            # On several devices the loop over several steps fails (Keras 3.15).
            steps_per_execution=STEPS_PER_CALL if shares == 1 else 1,
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
            labels,
            batch_size=settings.batch_size,
            epoch=epoch,
            seed=seed,
            augment=augment,
        ),
        validation_data=validation_batches(
            *divisible(validation, shares), batch_size=VALIDATION_BATCH // shares * shares
        ),
        initial_epoch=first_epoch,
        epochs=epochs,
        shuffle=False,  # training_batches does it
        verbose=1 if on_terminal else 0,
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_begin=lambda number, _: epoch.assign(number)),
            StopOnDivergence(settings.learning_rate),
            keras.callbacks.SwapEMAWeights(),
            KeepState(checkpoint, history),
            *([] if on_terminal else [EpochLines()]),
            *callbacks,
        ],
    )
    model_float32 = build(network, image_size=images.shape[1:], seed=seed)
    model_float32.set_weights(model.get_weights())
    if settings.label_smoothing > 0:
        scale_logits(model_float32, *training)
    return model_float32, history_table(history, schedule=schedule, steps=steps)


def divisible(pair, shares):
    """Leave out the last images, fewer than ``shares``, without which the number can be shared."""
    images, labels = pair
    left_over = len(images) % shares
    return (images[:-left_over], labels[:-left_over]) if left_over else pair


def history_table(history, *, schedule, steps):
    """Put the measures of the epochs in a table, with the learning rate at the end of each."""
    epochs = len(history["loss"])
    last_steps = [steps // epochs * (number + 1) - 1 for number in range(epochs)]
    return pd.DataFrame(
        {"epoch": range(1, epochs + 1)}
        | history
        | {"learning_rate": [float(schedule(step)) for step in last_steps]}
    )
