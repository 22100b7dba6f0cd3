"""Keras callbacks that measure images per second, and accuracy over time."""

import time

from digits.network import keras

WARM_UP_STEPS = 64  # not timed, because graphs are traced and caches filled
RATE_SECONDS = 10  # duration of a measurement, which ends with the epoch at the latest


class Rate(keras.callbacks.Callback):
    """Measures images per second in the first epoch, then stops; the result is in ``rate``."""

    def __init__(self, batch_size):
        super().__init__()
        self._batch_size = batch_size
        self._start = None

    def on_train_batch_end(self, batch, logs=None):
        now = time.perf_counter()
        if self._start is None:
            if batch >= WARM_UP_STEPS:
                self._start = now, batch
            return
        seconds, steps = now - self._start[0], batch - self._start[1]
        self.rate = steps * self._batch_size / seconds
        if seconds > RATE_SECONDS:
            self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = True


class AccuracyCurve(keras.callbacks.Callback):
    """Records time and validation accuracy after each epoch; stops at a target accuracy.

    The time starts with ``fit``. It includes all that a user waits for, such as the tracing of
    graphs and the validation. The results, [seconds, accuracy] per epoch, are in ``points``.
    """

    def __init__(self, stop_at):
        super().__init__()
        self._stop_at = stop_at
        self.points = []

    def on_train_begin(self, logs=None):
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.points.append([time.perf_counter() - self._start, float(logs["val_accuracy"])])
        if logs["val_accuracy"] >= self._stop_at:
            self.model.stop_training = True
