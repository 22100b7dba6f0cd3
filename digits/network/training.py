"""Training loop: fixed schedule, averaged weights, temperature scaling."""

import sys

import keras
import numpy as np
import pandas as pd
import scipy
import tensorflow as tf

from digits.dataset.arrays import CLASSES
from digits.errors import UserError
from digits.network.batches import training_batches, validation_batches
from digits.network.callbacks import EpochLog, SaveCheckpoint, StopOnDivergence, restore
from digits.network.environment import devices, strategy
from digits.network.model import build
from digits.network.optimizer import AveragingAdam, warmup_then_cosine
from digits.network.temperature import scale_logits

STEPS_PER_CALL = 8  # training steps per call from Python to TensorFlow
VALIDATION_BATCH = 1000  # maximum number of images


def train(training, validation, *, network, augment, settings, dtype, checkpoint, callbacks=()):
    """Train a new network over a fixed schedule.

    Validation images never influence the result. They are evaluated after each epoch, with the
    averaged weights (Polyak and Juditsky, 1992) that the final model has.

    The labels are smoothed (Szegedy et al., 2016). The loss is the Kullback-Leibler divergence from
    them, so its minimum is 0; without smoothing it is the cross-entropy. After the last epoch,
    temperature scaling corrects the under-confidence from smoothing.

    With several GPUs, each processes an equal share of every batch, and the result differs in its
    last bits from that of one device. Images beyond a multiple of their number are not used.

    Args:
        training: images, uint8 (n, height, width), and labels, uint8 (n,).
        validation: images and labels of the same form.
        network: a :class:`digits.params.Network`.
        augment: a :class:`digits.params.Augment`.
        settings: a :class:`digits.params.Train`; :func:`digits.network.environment.set_up` must
            have been called with it.
        dtype: Keras dtype policy to train in.
        checkpoint: a :class:`digits.network.checkpoint.Checkpoint`, written after each epoch. If
            it has a state, training resumes there and ends with the bits of an uninterrupted run.
        callbacks: additional ``keras.callbacks.Callback`` objects.

    Returns:
        The model, in float32 whatever ``dtype`` is, and the history: a DataFrame with a row per
        epoch and the columns epoch, loss, accuracy, val_loss, val_accuracy, learning_rate.

    Raises:
        UserError: the loss became infinite or nan, or the batch size is not a multiple of the
            number of devices.
    """
    device_count = len(devices())
    if settings.batch_size % device_count:
        raise UserError(
            f"train.batch_size: {settings.batch_size} images cannot be divided equally among"
            f" {device_count} devices; it must be a multiple of {device_count}"
        )
    images, labels = trim(training, device_count)
    epochs, batch_size, seed = settings.epochs, settings.batch_size, settings.seed
    steps = epochs * -(-len(images) // batch_size)
    schedule = warmup_then_cosine(peak=settings.learning_rate, steps=steps, warmup=settings.warmup)
    with strategy().scope():
        # The batches come without background.
        convolutions = network.model_copy(update={"background": 0})
        model = build(convolutions, image_size=images.shape[1:], seed=seed, dtype=dtype)
        model.compile(
            optimizer=AveragingAdam(schedule, ema_momentum=settings.ema_momentum),
            loss=divergence_from_smoothed(settings.label_smoothing),
            metrics=["accuracy"],
            # XLA is 25% slower on CPUs, and does not support the affine transform.
            jit_compile=False,
            # Several steps per call fail on several devices (Keras 3.15).
            steps_per_execution=STEPS_PER_CALL if device_count == 1 else 1,
        )
        model.optimizer.build(model.trainable_variables)
        history = restore(model, checkpoint.load())
    first_epoch = len(history["loss"])
    if first_epoch:
        print(f"train: resumes after epoch {first_epoch} of {epochs}")

    epoch = tf.Variable(0, dtype=tf.int64)
    batches = training_batches(
        images,
        labels,
        batch_size=batch_size,
        epoch=epoch,
        seed=seed,
        augment=augment,
        background=network.background,
    )
    on_terminal = sys.stdout.isatty()
    model.fit(
        batches,
        validation_data=validation_batches(
            *trim(validation, device_count),
            batch_size=VALIDATION_BATCH // device_count * device_count,
            background=network.background,
        ),
        initial_epoch=first_epoch,
        epochs=epochs,
        shuffle=False,  # training_batches shuffles
        verbose=1 if on_terminal else 0,
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_begin=lambda number, _: epoch.assign(number)),
            StopOnDivergence(settings.learning_rate),
            keras.callbacks.SwapEMAWeights(),
            SaveCheckpoint(checkpoint, history),
            *([] if on_terminal else [EpochLog()]),
            *callbacks,
        ],
    )
    model_float32 = build(network, image_size=images.shape[1:], seed=seed)
    model_float32.set_weights(model.get_weights())
    if settings.label_smoothing > 0:
        scale_logits(model_float32, *training)
    return model_float32, history_table(history, schedule=schedule, steps=steps)


def divergence_from_smoothed(smoothing):
    """Return the loss: the Kullback-Leibler divergence of probabilities from smoothed labels.

    It takes one-hot labels and probabilities, float32 (n, 10) each, and returns float32 (n,), in
    nats. It is the cross-entropy less its minimum, the entropy of the smoothed labels.
    """
    smoothed = np.full(CLASSES, smoothing / CLASSES)
    smoothed[0] += 1 - smoothing
    entropy = scipy.stats.entropy(smoothed)

    def divergence(labels, probabilities):
        return (
            keras.losses.categorical_crossentropy(labels, probabilities, label_smoothing=smoothing)
            - entropy
        )

    return divergence


def trim(pair, divisor):
    """Drop the last images and labels, so that their number is a multiple of ``divisor``."""
    images, labels = pair
    excess = len(images) % divisor
    return (images[:-excess], labels[:-excess]) if excess else pair


def history_table(history, *, schedule, steps):
    """Return a table of the metrics of each epoch and the learning rate of its last step."""
    epochs = len(history["loss"])
    last_steps = [steps // epochs * (number + 1) - 1 for number in range(epochs)]
    return pd.DataFrame(
        {"epoch": range(1, epochs + 1)}
        | history
        | {"learning_rate": [float(schedule(step)) for step in last_steps]}
    )
