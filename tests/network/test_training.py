"""Tests of training: learning, reproducibility, history, resuming, divergence."""

import contextlib
import functools
import io
import math
import tempfile
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import entropy
from sklearn.metrics import log_loss

from digits.errors import UserError
from digits.network import training
from digits.network.batches import training_batches
from digits.network.checkpoint import Checkpoint
from digits.network.model import one_hot, predict
from digits.network.training import history_table, train
from digits.params import Augment
from tests.project import PARAMS
from tests.synthetic import draw_digits

TRAINING, VALIDATION = draw_digits(400, seed=1), draw_digits(100, seed=2)
NETWORK = PARAMS.network.model_copy(
    update={"filters": (4, 8, 8), "kernel_sizes": (3, 3, 3), "dropout": 0.1}
)
AUGMENT = Augment(rotation=5.0, shift=1.0, zoom=0.05, shear=0.05)
SETTINGS = PARAMS.train.model_copy(
    update={
        "epochs": 4, "batch_size": 16, "learning_rate": 0.01, "warmup": 0.2, "ema_momentum": 0.9,
        "label_smoothing": 0.0, "precision": "float32", "seed": 0,
    }
)  # fmt: skip
SHORT = {"epochs": 2, "batch_size": 64}


def train_small(
    data=(TRAINING, VALIDATION), checkpoint=None, dtype="float32", network=NETWORK, **changes
):
    """Train a small network on synthetic digits; return it and its history."""
    settings = SimpleNamespace(**(SETTINGS.model_dump() | changes))  # unchecked, unlike Train
    # Like set_up, but without the threads, which cannot change after TensorFlow has computed.
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(settings.seed)
    with tempfile.TemporaryDirectory() as folder:
        return train(
            *data,
            network=network,
            augment=AUGMENT,
            settings=settings,
            dtype=dtype,
            checkpoint=checkpoint or Checkpoint(folder, "key"),
        )


@pytest.fixture(scope="module")
def trained():
    """Train once for all epochs."""
    return train_small()


@functools.cache
def known_run(seed, ema_momentum):
    """Train for two epochs, once for all tests; return its weights, losses and printed lines."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        model, history = train_small(seed=seed, ema_momentum=ema_momentum, **SHORT)
    return SimpleNamespace(
        weights=all_weights(model), loss=list(history["loss"]), lines=output.getvalue().splitlines()
    )


def all_weights(model):
    """Return all weights of a model in one flat array."""
    return np.concatenate([weight.ravel() for weight in model.get_weights()])


def test_learns_the_digits(trained):
    """The network predicts most validation digits correctly, and its loss falls."""
    _, history = trained
    assert history["val_accuracy"].iloc[-1] > 0.8
    assert history["loss"].iloc[-1] < history["loss"].iloc[0] / 2
    assert history["val_loss"].iloc[-1] < math.log(10)


def test_history_has_a_row_per_epoch(trained):
    """The history has a row per epoch and the columns that the plots use."""
    _, history = trained
    assert list(history.columns) == [
        "epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate",
    ]  # fmt: skip
    assert list(history["epoch"]) == [1, 2, 3, 4]


def test_last_metrics_are_those_of_the_model(trained):
    """The last validation accuracy and loss equal those of the returned model."""
    model, history = trained
    images, labels = VALIDATION
    probabilities = predict(model, images)
    accuracy = (probabilities.argmax(axis=1) == labels).mean()
    assert history["val_accuracy"].iloc[-1] == pytest.approx(accuracy, abs=1e-6)
    assert history["val_loss"].iloc[-1] == pytest.approx(log_loss(labels, probabilities), rel=1e-4)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_loss_is_the_divergence_from_smoothed_labels(smoothing):
    """The loss is SciPy's relative entropy; it is 0 at the smoothed labels."""
    labels = one_hot(np.arange(10, dtype=np.uint8))
    smoothed = labels * (1 - smoothing) + smoothing / 10
    probabilities = np.random.default_rng(0).dirichlet(np.ones(10), 10).astype(np.float32)
    loss = training.divergence_from_smoothed(smoothing)
    expected = entropy(smoothed, probabilities, axis=1)
    np.testing.assert_allclose(loss(labels, probabilities), expected, rtol=1e-5)
    np.testing.assert_allclose(loss(labels, smoothed.astype(np.float32)), 0, atol=1e-5)


def test_training_approaches_the_smoothed_labels():
    """With smoothing, the losses of both parts approach 0, and the temperature is corrected."""
    model, history = train_small(label_smoothing=0.3)
    assert (history[["loss", "val_loss"]].iloc[-1] < 0.5).all()
    # Probabilities of the smoothed labels would have a log loss of at least -log 0.73.
    assert log_loss(VALIDATION[1], predict(model, VALIDATION[0])) < -math.log(0.73)


@pytest.mark.slow
def test_other_seed_gives_other_weights():
    """Another seed gives other weights."""
    assert not np.array_equal(known_run(0, 0.9).weights, known_run(1, 0.9).weights)


def test_averaging_changes_the_model_but_not_the_training():
    """The momentum of the average changes the returned model but not the training loss."""
    averaged, last = known_run(0, 0.9), known_run(0, 0.0)
    assert averaged.loss == last.loss
    assert not np.array_equal(averaged.weights, last.weights)


def test_model_trained_in_bfloat16_is_float32():
    """A model that was trained in bfloat16 predicts in float32."""
    pairs = [(images[:20], labels[:20]) for images, labels in (TRAINING, VALIDATION)]
    model, _ = train_small(data=pairs, dtype="mixed_bfloat16", epochs=1)
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    assert np.isfinite(predict(model, VALIDATION[0])).all()


def test_resumed_training_ends_with_the_same_bits(tmp_path, monkeypatch):
    """A run that was interrupted after an epoch ends like an uninterrupted one, bit by bit.

    The epoch variable that batches are made from is 0 in the first epoch and 1 in the second.
    """
    variables, numbers = [], []

    def watched_batches(*arguments, epoch, **settings):
        variables.append(epoch)
        return training_batches(*arguments, epoch=epoch, **settings)

    class InterruptingCheckpoint(Checkpoint):
        def save(self, arrays):
            numbers.append(int(variables[-1].numpy()))
            super().save(arrays)
            if len(numbers) == 1:
                raise KeyboardInterrupt

    monkeypatch.setattr(training, "training_batches", watched_batches)
    with pytest.raises(KeyboardInterrupt):
        train_small(checkpoint=InterruptingCheckpoint(tmp_path, "key"), **SHORT)
    model, history = train_small(checkpoint=InterruptingCheckpoint(tmp_path, "key"), **SHORT)
    assert numbers == [0, 1]
    whole = known_run(0, 0.9)
    np.testing.assert_array_equal(all_weights(model), whole.weights, strict=True)
    assert list(history["loss"]) == whole.loss


def test_epochs_are_printed_without_a_terminal():
    """Without a terminal, training prints one line per epoch and nothing else."""
    first, second = known_run(0, 0.9).lines
    assert first.startswith("epoch 1/2  ")
    assert second.startswith("epoch 2/2  ")
    assert "val_accuracy" in second


def test_batch_that_devices_cannot_share_is_rejected(monkeypatch):
    """If devices cannot share a batch equally, the error names the setting and valid values."""
    monkeypatch.setattr(training, "devices", lambda: ["one", "another"])
    with pytest.raises(UserError, match=r"^train\.batch_size: 15 .* a multiple of 2$"):
        train_small(batch_size=15)


def test_divergence_names_the_epoch_and_the_setting():
    """With far too high a learning rate, a one-line error names the epoch and the setting."""
    with pytest.raises(UserError) as error:
        train_small(learning_rate=1e30, warmup=0.0, epochs=2)
    text = str(error.value)
    assert "epoch 1" in text
    assert "train.learning_rate (it is 1e+30)" in text
    assert "\n" not in text


def test_divergence_in_the_last_step_is_detected():
    """A model that its last step broke is rejected; the loss of that step is from before it."""
    with pytest.raises(UserError, match=r"train\.learning_rate"):
        train_small(learning_rate=1e30, warmup=0.0, epochs=1, batch_size=400)


def test_history_has_the_learning_rate_of_the_last_step():
    """With 3 steps per epoch, the last steps of two epochs are 2 and 5, counted from 0."""
    metrics = dict.fromkeys(["loss", "accuracy", "val_loss", "val_accuracy"], [0.5, 0.25])
    schedule = keras.optimizers.schedules.PolynomialDecay(0.6, 6, end_learning_rate=0.0)
    table = history_table(metrics, schedule=schedule, steps=6)
    assert list(table["learning_rate"]) == pytest.approx([0.4, 0.1])
    assert list(table["val_loss"]) == [0.5, 0.25]
