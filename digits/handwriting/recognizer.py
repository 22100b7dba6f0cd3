"""The trained network as a thing to ask: loaded when it is first asked, and once."""

import threading
from pathlib import Path

from digits.errors import UserError
from digits.params import read_params

MODEL = Path("models/mnist.keras")
PROTOTYPES = "prototypes.npz"  # beside the model
# Confidence below which a reading is called unsure. On clean digits nearly all are above it, and of
# the mistakes about half; a higher one would put a mark on many that are right.
SURE = 0.9


class Recognizer:
    """Gives the probabilities of the ten digits, by the model that the pipeline trained.

    It is asked as ``evaluate`` asks it, by what params.yaml says, or once where there is none.
    """

    def __init__(self, path=MODEL):
        self._path = Path(path)
        self._shifts = read_params().evaluate.shifts if Path("params.yaml").is_file() else 0
        self._model = self._body = self._learned = None
        self._lock = threading.Lock()  # a page asks from several threads

    def check(self):
        """Find out without TensorFlow whether there is a model at all.

        Raises:
            UserError: there is none yet.
        """
        if not self._path.is_file():
            raise UserError(f"{self._path}: there is no model yet; make repro makes it")

    def probabilities(self, images):
        """Give the probabilities of the ten digits.

        Args:
            images: uint8 (n, 28, 28), as :func:`digits.handwriting.ink.normalize` makes them.

        Returns:
            float64 (n, 10); each row sums to 1.

        Raises:
            UserError: there is no model, or it is damaged or takes images of another size.
        """
        return self.ask(images)[0]

    def ask(self, images):
        """Give the probabilities, and whether an image is like none that was trained on.

        Args:
            images: as :meth:`probabilities` takes them.

        Returns:
            float64 (n, 10) and bool (n,).

        Raises:
            UserError: as :meth:`probabilities` does.
        """
        self.check()
        with self._lock:
            from digits.network import familiarity, model  # TensorFlow takes seconds to import

            if self._model is None:
                self._model = model.load(self._path)
                self._body = familiarity.body_of(self._model)
            if self._learned is None:
                self._learned = familiarity.load(self._path.with_name(PROTOTYPES))
            return (
                model.predict(self._model, images, shifts=self._shifts),
                familiarity.is_strange(self._body, images, self._learned),
            )
