"""How far an image lies from all that the network was trained on.

A softmax over ten classes cannot say "none of these": of letters it is often sure. But in the last
feature maps a letter lies farther from the nearest training image than a digit does (Sun et al.,
2022, "Out-of-distribution detection with deep nearest neighbors"). A few prototypes per digit
stand for the training images here.
"""

import keras
import numpy as np

from digits.dataset.arrays import CLASSES, sample
from digits.errors import UserError
from digits.network.model import as_input, by_blocks

LAYER = "flatten"  # the last feature maps, in a row
PER_DIGIT = 50  # prototypes
FEWEST = 20  # images per prototype; were each its own, all others would seem far off
STRANGE = 0.005  # share of the training images that lie too far off
SEED = 0


def learn(model, images, labels):
    """Make what :func:`is_strange` needs.

    Args:
        model: as :func:`digits.network.model.build` makes it, trained.
        images: uint8 (n, height, width), that it was trained on; of many, a sample is taken.
        labels: uint8 (n,).

    Returns:
        A dict: prototypes, float16 (m, d), unit vectors in the direction of the centres of
        k-means; and threshold, float64, the cosine distance from the nearest prototype beyond
        which 0.5 % of the training images lie.
    """
    from sklearn.cluster import MiniBatchKMeans  # here: who only asks waits a second less
    from threadpoolctl import threadpool_limits

    images, labels = sample(images, labels)
    seen = features(body_of(model), images)
    centres = []
    with threadpool_limits(1):  # or sums would be taken in another order from run to run
        for digit in range(CLASSES):
            own = seen[labels == digit]
            if len(own):
                count = min(PER_DIGIT, max(1, len(own) // FEWEST))
                clusters = MiniBatchKMeans(count, n_init=1, max_iter=20, random_state=SEED)
                centres.append(clusters.fit(own).cluster_centers_)
        prototypes = _unit(np.concatenate(centres)).astype(np.float16)
        threshold = np.quantile(distance(seen, prototypes), 1 - STRANGE)
    return {"prototypes": prototypes, "threshold": threshold}


def is_strange(body, images, learned):
    """Tell of images, uint8 (n, height, width), whether they lie too far off: bool (n,).

    Args:
        body: by :func:`body_of`, of the model that the prototypes are of.
        images: of the size that it takes.
        learned: what :func:`learn` has returned.
    """
    return distance(features(body, images), learned["prototypes"]) > learned["threshold"]


def body_of(model):
    """Give the model up to its last feature maps: a ``keras.Model``, made once to be asked often.

    TensorFlow traces each new one when it is first asked.
    """
    return keras.Model(model.inputs, model.get_layer(LAYER).output)


def features(body, images):
    """Give the last feature maps as unit vectors: float32 (n, d)."""
    return by_blocks(
        lambda block: _unit(body.predict(as_input(block), batch_size=1000, verbose=0)), images
    )


def distance(features, prototypes):
    """Give the cosine distance of each row of unit vectors from the nearest prototype: (n,)."""
    return by_blocks(
        lambda block: 1 - (block @ prototypes.T.astype(np.float32)).max(axis=1), features
    )


def _unit(vectors):
    # What activates nothing at all is far from everything.
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)


def load(path):
    """Read what :func:`learn` has returned, as ``numpy.savez`` wrote it.

    Raises:
        UserError: there is no such file, or it is damaged.
    """
    try:
        # Opened here: of a broken file, numpy would leave its own handle open.
        with open(path, "rb") as file, np.load(file) as archive:
            return {name: archive[name] for name in ("prototypes", "threshold")}
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; dvc repro makes it") from error
    except Exception as error:  # a damaged zip raises a dozen types
        raise UserError(f"{path}: damaged; dvc repro train writes it anew") from error
