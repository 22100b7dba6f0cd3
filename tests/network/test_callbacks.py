"""Tests of the line that is printed per epoch."""

from types import SimpleNamespace

import pytest

from digits.network import callbacks


@pytest.fixture
def clock(monkeypatch):
    """Replace the clock by one that the test sets."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(callbacks, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def printed_lines(clock, capsys, *, epochs, seconds, begins=1000.0):
    """Simulate epochs of the given durations in seconds; return the printed lines."""
    lines = callbacks.EpochLog()
    lines.set_params({"epochs": epochs})
    clock.now = begins
    lines.on_train_begin()
    for epoch, duration in enumerate(seconds):
        clock.now += duration
        losses = {"loss": 0.5 / (epoch + 1), "val_loss": 0.125}
        lines.on_epoch_end(epoch, losses | {"accuracy": 0.25, "val_accuracy": 0.75})
    return capsys.readouterr().out.splitlines()


def test_line_per_epoch(clock, capsys):
    """The time left is the number of remaining epochs times the mean time of the finished ones."""
    assert printed_lines(clock, capsys, epochs=3, seconds=[10, 20, 10]) == [
        "epoch 1/3  loss 0.5000  accuracy 0.2500  val_loss 0.1250  val_accuracy 0.7500  20 s left",
        "epoch 2/3  loss 0.2500  accuracy 0.2500  val_loss 0.1250  val_accuracy 0.7500  15 s left",
        "epoch 3/3  loss 0.1667  accuracy 0.2500  val_loss 0.1250  val_accuracy 0.7500  0 s left",
    ]


def test_clock_starts_with_training(clock, capsys):
    """Time that passed before training does not count."""
    (line,) = printed_lines(clock, capsys, epochs=2, seconds=[4], begins=1e6)
    assert line.endswith("  4 s left")
