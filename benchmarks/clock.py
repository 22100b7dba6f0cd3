"""Clocks for training with Keras: images per second, and seconds to an accuracy."""

import time

from digits.network import keras

WARM_UP = 64  # steps before the clock starts: graphs are traced, caches filled
SECONDS = 10  # that a rate is measured over, or to the end of the epoch


class Rate(keras.callbacks.Callback):
    """Measure the images per second of one epoch, then stop; ``rate`` holds it."""

    def __init__(self, batch_size):
        super().__init__()
        self._batch_size = batch_size
        self._start = None

    def on_train_batch_end(self, batch, logs=None):
        now = time.perf_counter()
        if self._start is None:
            if batch >= WARM_UP:
                self._start = now, batch
            return
        seconds, steps = now - self._start[0], batch - self._start[1]
        self.rate = steps * self._batch_size / seconds
        if seconds > SECONDS:
            self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = True


class Course(keras.callbacks.Callback):
    """Note the validation accuracy after each epoch, and when; stop at the last target.

    The clock starts with ``fit``, so that it holds what a user waits for: the tracing of graphs,
    and the validation after each epoch.
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
