"""Out-of-distribution detection by the distance to training prototypes.

A softmax over ten classes cannot answer "none of these": it is often sure about letters. But in the
last feature maps, a letter is farther from the nearest training image than a digit is (Sun et al.,
2022, "Out-of-distribution detection with deep nearest neighbors"). Here the distance is to the
nearest of a few prototypes per digit instead of all training images.
"""

import keras
import numpy as np

from digits.dataset.arrays import CLASSES, sample
from digits.errors import UserError
from digits.network.model import as_input, by_batches

LAYER = "flatten"  # the last feature maps as one vector
PROTOTYPES_PER_DIGIT = 50
MIN_IMAGES_PER_PROTOTYPE = 20  # with one each, all images but these would be far from a prototype
MIN_NORM = 1e-6  # a zero vector stays zero and is far from every prototype
FALSE_POSITIVE_RATE = 0.005  # fraction of the training images beyond the threshold
SEED = 0


def learn(model, images, labels):
    """Compute the prototypes and the threshold from a trained model and its training images.

    Images are uint8 (n, height, width), labels uint8 (n,). Returns a dict with ``prototypes``,
    float16 (m, d), the k-means centres of each digit's features, scaled to unit length; and
    ``threshold``, float64, the distance to the nearest prototype that 0.5% of the images exceed.
    """
    from sklearn.cluster import MiniBatchKMeans  # here, because prediction does not need it
    from threadpoolctl import threadpool_limits

    images, labels = sample(images, labels)
    vectors = features(feature_extractor(model), images)
    centres = []
    with threadpool_limits(1):  # with more, the order of sums would vary between runs
        for digit in range(CLASSES):
            own = vectors[labels == digit]
            if len(own):
                count = min(PROTOTYPES_PER_DIGIT, max(1, len(own) // MIN_IMAGES_PER_PROTOTYPE))
                clusters = MiniBatchKMeans(count, n_init=1, max_iter=20, random_state=SEED)
                centres.append(clusters.fit(own).cluster_centers_)
        prototypes = _unit(np.concatenate(centres)).astype(np.float16)
        threshold = np.quantile(distance(vectors, prototypes), 1 - FALSE_POSITIVE_RATE)
    return {"prototypes": prototypes, "threshold": threshold}


def is_out_of_distribution(extractor, images, learned):
    """Return whether each image is farther from all prototypes than the threshold, bool (n,).

    ``learned`` comes from :func:`learn`, the extractor from :func:`feature_extractor` of its model.
    """
    return distance(features(extractor, images), learned["prototypes"]) > learned["threshold"]


def feature_extractor(model):
    """Return a ``keras.Model`` from the images to the last feature maps of this model.

    Create it once: TensorFlow traces each new model at its first prediction, which takes time.
    """
    return keras.Model(model.inputs, model.get_layer(LAYER).output)


def features(extractor, images):
    """Return the last feature maps of the images as unit vectors, float32 (n, d)."""
    return by_batches(lambda batch: _unit(extractor.predict_on_batch(as_input(batch))), images)


def distance(features, prototypes):
    """Return the cosine distance of each unit vector to the nearest prototype, float32 (n,)."""
    return by_batches(
        lambda batch: 1 - (batch @ prototypes.T.astype(np.float32)).max(axis=1), features
    )


def _unit(vectors):
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), MIN_NORM)


def load(path):
    """Load what :func:`learn` returned from an .npz file; UserError if it is missing or damaged."""
    try:
        # Opened here, because numpy does not close a damaged file that it opened itself.
        with open(path, "rb") as file, np.load(file) as archive:
            return {name: archive[name] for name in ("prototypes", "threshold")}
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; run dvc repro train to write it") from error
    except Exception as error:  # damaged files raise a dozen types
        raise UserError(f"{path}: damaged; run dvc repro train to write it again") from error
