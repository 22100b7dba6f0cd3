"""The learning rate and the average of the weights go as they are described."""

import math

import keras
import numpy as np
import pytest

from digits.network.optimizer import AveragingAdam, warmup_then_cosine


def averages(ema_momentum, steps):
    """Take steps with one weight; give it and its average after each."""
    variable = keras.Variable([1.0])
    optimizer = AveragingAdam(0.1, ema_momentum=ema_momentum)
    optimizer.build([variable])
    course = []
    for _ in range(steps):
        optimizer.apply([keras.ops.ones_like(variable)])
        (average,) = optimizer._model_variables_moving_average
        course.append((variable.numpy().item(), average.numpy().item()))
    return course


@pytest.mark.parametrize("ema_momentum", [0.0, 0.2, 0.999])
def test_momentum_of_the_average_rises(ema_momentum):
    """At step t the momentum is (1 + t) / (10 + t), or the one asked for if that is less."""
    (average, first), *later = averages(ema_momentum, steps=8)
    assert first == average
    for step, (value, found) in enumerate(later, start=1):
        momentum = min(ema_momentum, (1 + step) / (10 + step))
        average = momentum * average + (1 - momentum) * value
        assert found == pytest.approx(average, rel=1e-5)


def test_weights_are_those_of_adam():
    """The average looks on: what is trained moves as under Adam alone."""
    variable = keras.Variable([1.0])
    adam = keras.optimizers.Adam(0.1)
    adam.build([variable])
    for value, _ in averages(0.999, steps=5):
        adam.apply([keras.ops.ones_like(variable)])
        np.testing.assert_array_equal(variable.numpy(), np.float32(value))


@pytest.mark.parametrize(
    ("warmup", "rates"),
    [
        # 20 steps of warm-up, 80 of the cosine: its half is at 60, its quarter at 40.
        (0.2, {0: 0, 5: 0.1, 10: 0.2, 20: 0.4, 40: 0.2 + 0.2 * math.sqrt(0.5), 60: 0.2, 100: 0}),
        (0.0, {0: 0.4, 50: 0.2, 100: 0}),
        (0.004, {0: 0.4, 50: 0.2, 100: 0}),  # less than half a step
    ],
)
def test_schedule_by_hand(warmup, rates):
    """The rate rises to its peak in a straight line and falls to 0 along half a cosine."""
    schedule = warmup_then_cosine(peak=0.4, steps=100, warmup=warmup)
    assert {step: float(schedule(step)) for step in rates} == pytest.approx(rates, abs=1e-6)


@pytest.mark.parametrize(("steps", "warmup"), [(1, 0.6), (1, 0.2), (2, 0.9), (10, 0.99)])
def test_schedule_of_few_steps(steps, warmup):
    """A warm-up that params.yaml allows works however few the steps are."""
    schedule = warmup_then_cosine(peak=0.4, steps=steps, warmup=warmup)
    rates = [float(schedule(step)) for step in range(steps)]
    assert all(0 <= rate <= 0.4 + 1e-6 for rate in rates)
