"""Tests of temperature scaling."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from digits.network import keras, model
from digits.network.temperature import scale_logits
from tests.project import PARAMS
from tests.synthetic import draw_digits

IMAGES, LABELS = draw_digits(300, seed=0)


@pytest.fixture(scope="module")
def trained():
    """Train a small network on smoothed labels; return it scaled, and its logits before."""
    keras.utils.set_random_seed(0)
    sizes = PARAMS.network.model_copy(
        update={"filters": (4, 8, 8), "kernel_sizes": (3, 3, 3), "dropout": 0.0}
    )
    network = model.build(sizes, image_size=(28, 28), seed=0)
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.3)
    network.compile(keras.optimizers.Adam(0.005), loss)
    network.fit(model.as_input(IMAGES), np.eye(10)[LABELS], epochs=8, verbose=0)
    before = logits(network)
    scale_logits(network, IMAGES, LABELS)
    return network, before


def logits(network):
    """Return the logits of all images, shifted to a mean of 0 per image."""
    values = np.log(model.predict(network, IMAGES))
    return values - values.mean(axis=1, keepdims=True)


def test_logits_are_scaled_by_one_factor(trained):
    """All logits are multiplied by one factor above 1, so no prediction changes."""
    network, before = trained
    factors = logits(network) / before
    assert factors.min() > 1.2
    np.testing.assert_allclose(factors, np.median(factors), rtol=1e-2)


def test_cross_entropy_is_minimal(trained):
    """A slightly smaller or larger factor is worse; scaling again changes nothing."""
    network, _ = trained
    values = logits(network)

    def cross_entropy(factor):
        powers = np.exp(factor * values)
        return log_loss(LABELS, powers / powers.sum(axis=1, keepdims=True))

    assert cross_entropy(1.0) < min(cross_entropy(0.95), cross_entropy(1.05))
    scale_logits(network, IMAGES, LABELS)
    np.testing.assert_allclose(logits(network), values, rtol=1e-2, atol=1e-3)
