"""Tests of the averaged weights and the learning rate schedule."""

import math

import keras
import numpy as np
import pytest

from digits.network.optimizer import AveragingAdam, warmup_then_cosine


def averages(ema_momentum, steps):
    """Take steps with a single weight; return the weight and its average after each step."""
    variable = keras.Variable([1.0])
    optimizer = AveragingAdam(0.1, ema_momentum=ema_momentum)
    optimizer.build([variable])
    pairs = []
    for _ in range(steps):
        optimizer.apply([keras.ops.ones_like(variable)])
        (average,) = optimizer._model_variables_moving_average
        pairs.append((variable.numpy().item(), average.numpy().item()))
    return pairs


@pytest.mark.parametrize("ema_momentum", [0.0, 0.2, 0.999])
def test_momentum_of_the_average_increases(ema_momentum):
    """At step t the momentum is min(ema_momentum, (1 + t) / (10 + t))."""
    (average, first), *later = averages(ema_momentum, steps=8)
    assert first == average
    for step, (value, found) in enumerate(later, start=1):
        momentum = min(ema_momentum, (1 + step) / (10 + step))
        average = momentum * average + (1 - momentum) * value
        assert found == pytest.approx(average, rel=1e-5)


def test_weights_are_those_of_adam():
    """Averaging does not change the trained weights: they equal those of plain Adam."""
    variable = keras.Variable([1.0])
    adam = keras.optimizers.Adam(0.1)
    adam.build([variable])
    for value, _ in averages(0.999, steps=5):
        adam.apply([keras.ops.ones_like(variable)])
        np.testing.assert_array_equal(variable.numpy(), np.float32(value))


@pytest.mark.parametrize(
    ("warmup", "rates"),
    [
        # 20 steps of warmup and 80 of cosine decay: a quarter of these ends at 40, half at 60.
        (0.2, {0: 0, 5: 0.1, 10: 0.2, 20: 0.4, 40: 0.2 + 0.2 * math.sqrt(0.5), 60: 0.2, 100: 0}),
        (0.0, {0: 0.4, 50: 0.2, 100: 0}),
        (0.004, {0: 0.4, 50: 0.2, 100: 0}),  # less than half a step
    ],
)
def test_schedule_against_hand_computed_rates(warmup, rates):
    """The learning rate rises linearly to its peak and falls to 0 along half a cosine."""
    schedule = warmup_then_cosine(peak=0.4, steps=100, warmup=warmup)
    assert {step: float(schedule(step)) for step in rates} == pytest.approx(rates, abs=1e-6)


@pytest.mark.parametrize(("steps", "warmup"), [(1, 0.6), (1, 0.2), (2, 0.9), (10, 0.99)])
def test_schedule_of_few_steps(steps, warmup):
    """Any valid warmup works with very few steps."""
    schedule = warmup_then_cosine(peak=0.4, steps=steps, warmup=warmup)
    rates = [float(schedule(step)) for step in range(steps)]
    assert all(0 <= rate <= 0.4 + 1e-6 for rate in rates)
