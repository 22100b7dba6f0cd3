"""Load the trained model once, when it is first needed, and predict with it."""

import threading
from pathlib import Path

from digits.errors import UserError

MODEL = Path("models/mnist.keras")
PROTOTYPES = "prototypes.npz"  # beside the model
# A reading with less confidence is called unsure. On clean digits nearly all readings have more,
# and about half of the mistakes have less. A higher threshold would mark many correct readings.
SURE = 0.9


class Recognizer:
    """Predicts digits with the model at ``path`` and the prototypes beside it.

    ``shifts`` is in pixels, as :func:`digits.network.model.predict` takes it.
    """

    def __init__(self, path=MODEL, *, shifts=0):
        self._path, self._shifts = Path(path), shifts
        self._loaded = None
        self._lock = threading.Lock()  # the page predicts in several threads

    def check(self):
        """Raise UserError if there is no model. It needs no TensorFlow."""
        if not self._path.is_file():
            raise UserError(f"{self._path}: there is no model yet; make repro makes it")

    def predict(self, images):
        """Predict digits from images in MNIST's form, uint8 (n, 28, 28).

        Returns the probabilities of the ten digits, float64 (n, 10), and whether an image is unlike
        all training images, bool (n,). Raises UserError if there is no model, or if it is damaged
        or takes images of another size.
        """
        self.check()
        with self._lock:
            from digits.network import model, ood  # TensorFlow takes seconds to import

            if self._loaded is None:
                network = model.load(self._path)
                learned = ood.load(self._path.with_name(PROTOTYPES))
                self._loaded = network, ood.feature_extractor(network), learned
            network, body, learned = self._loaded
            return (
                model.predict(network, images, shifts=self._shifts),
                ood.is_out_of_distribution(body, images, learned),
            )
