"""Temperature scaling (Guo et al., 2017)."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from digits.dataset.arrays import sample
from digits.network.model import predict

MAX_FACTOR = 10  # of the logits; far more than label smoothing needs


def scale_logits(model, images, labels):
    """Multiply the logits by the factor that minimizes the cross-entropy of these images.

    This corrects the under-confidence that label smoothing causes. The factor is 1 / temperature.
    It is multiplied into the weights of the last layer, so the model stays a plain softmax network.
    The images, uint8 (n, height, width), and labels, uint8 (n,), are those it was trained on.
    """
    images, labels = sample(images, labels)
    # The logarithms of the probabilities equal the logits up to a constant per image.
    logits = np.log(np.maximum(predict(model, images), np.finfo(np.float32).tiny))
    actual = logits[np.arange(len(labels)), labels]

    def cross_entropy(factor):
        return np.mean(logsumexp(factor * logits, axis=1) - factor * actual)

    factor = minimize_scalar(cross_entropy, bounds=(1 / MAX_FACTOR, MAX_FACTOR), method="bounded").x
    last = model.layers[-1]
    last.set_weights([weights * factor for weights in last.get_weights()])
