"""Prediction with the exported model, by ONNX Runtime: neither TensorFlow nor Keras is needed."""

import os
import threading
from pathlib import Path

import numpy as np

from digits.errors import UserError

MODEL = Path("models/mnist.onnx")
THREADS = 4  # more are no faster for few images
BLOCK_SIZE = 100  # images predicted at a time, which limits memory
THRESHOLD = "distance_threshold"  # its name in the metadata of the file


class Recognizer:
    """Predicts digits with the ONNX file that the stage ``export`` wrote.

    The file is loaded when it is first needed. Several threads may predict at the same time.

    Args:
        path: of the file.
        threads: of the processor, at most.
    """

    def __init__(self, path=MODEL, *, threads=THREADS):
        self._path = Path(path)
        self.threads = min(threads, os.cpu_count() or 1)
        self._session = None
        self._lock = threading.Lock()

    def check(self):
        """Raise UserError if there is no model."""
        if not self._path.is_file():
            raise UserError(
                f"{self._path}: no such file; make repro writes it, make pull downloads it"
            )

    def predict(self, images):
        """Predict digits from images in MNIST's form, uint8 (n, height, width).

        Returns the probabilities of the ten digits, float32 (n, 10), and whether an image is unlike
        all training images, bool (n,). Raises UserError if there is no model, or if it is damaged
        or takes images of another size.
        """
        probabilities, distances = self.outputs(images)
        return probabilities, distances > self._threshold

    def outputs(self, images):
        """Return the outputs of the graph: probabilities, float32 (n, 10), and distances (n,)."""
        session = self._load()
        expected = session.get_inputs()[0].shape[1:]
        if expected != [*images.shape[1:], 1]:
            raise UserError(
                f"{self._path}: the input shape of the model is {expected}, not"
                f" {[*images.shape[1:], 1]}; run dvc repro to train one for these images"
            )
        results = []
        for start in range(0, len(images), BLOCK_SIZE):
            block = images[start : start + BLOCK_SIZE, ..., np.newaxis]
            pixels = block.astype(np.float32) / np.float32(255)
            results.append(session.run(["probabilities", "distance"], {"image": pixels}))
        return [np.concatenate(parts) for parts in zip(*results, strict=True)]

    def _load(self):
        with self._lock:
            if self._session is None:
                self.check()
                # Since 1.29, ONNX Runtime sends usage data from Linux unless this is set.
                os.environ["ORT_DISABLE_TELEMETRY"] = "1"
                import onnxruntime  # here, because --help does not need it

                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = self.threads
                options.log_severity_level = 3  # errors, which are raised too
                try:
                    session = onnxruntime.InferenceSession(self._path, options)
                    metadata = session.get_modelmeta().custom_metadata_map
                    self._threshold = float(metadata[THRESHOLD])
                except Exception as error:  # onnxruntime raises many types for damaged files
                    raise UserError(
                        f"{self._path}: damaged, or not written by this project; run dvc repro"
                        " export to write it again"
                    ) from error
                self._session = session
            return self._session
