"""Temperature scaling: a network that label smoothing made too modest becomes as sure as it may."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from digits.dataset.arrays import sample
from digits.network.model import predict

SHARPEST = 10  # times the logits: far beyond what smoothing asks for


def scale_logits(model, images, labels):
    """Multiply the logits by the factor that gives these images the least cross-entropy.

    The factor, one over the temperature of Guo et al. (2017), goes into the weights of the last
    layer, so that the model stays an ordinary softmax network.

    Args:
        model: as :func:`digits.network.model.build` makes it, trained; it is changed.
        images: uint8 (n, height, width), those it was trained on, as they are; of many, a sample
            decides: for one number it is enough.
        labels: uint8 (n,).
    """
    images, labels = sample(images, labels)
    # The logarithms of the probabilities are the logits but for a constant per image.
    logits = np.log(np.maximum(predict(model, images), np.finfo(np.float32).tiny))
    actual = logits[np.arange(len(labels)), labels]

    def cross_entropy(factor):
        return np.mean(logsumexp(factor * logits, axis=1) - factor * actual)

    factor = minimize_scalar(cross_entropy, bounds=(1 / SHARPEST, SHARPEST), method="bounded").x
    last = model.layers[-1]
    last.set_weights([weights * factor for weights in last.get_weights()])
