"""Images per second and accuracy over time of a training by Keras."""

import time

from digits.network import keras

WARM_UP_STEPS = 64  # not timed, because graphs are traced and caches filled
RATE_SECONDS = 10  # duration of a measurement, which ends with the epoch at the latest


class Rate(keras.callbacks.Callback):
    """Measures ``steps_per_second`` in the first epoch, then stops the training."""

    _start = None  # time and batch at the end of the warm-up

    def on_train_batch_end(self, batch, logs=None):
        now = time.perf_counter()
        if self._start is not None:
            seconds, steps = now - self._start[0], batch - self._start[1]
            self.steps_per_second = steps / seconds
            if seconds > RATE_SECONDS:
                self.model.stop_training = True
        elif batch >= WARM_UP_STEPS:
            self._start = now, batch

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = True


class AccuracyCurve(keras.callbacks.Callback):
    """Records [seconds, validation accuracy] after each epoch in ``points``; stops at a target.

    The time starts with ``fit`` and includes the tracing of graphs and the validation.
    """

    def __init__(self, stop_at):
        super().__init__()
        self._stop_at = stop_at

    def on_train_begin(self, logs=None):
        self.points, self._start = [], time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.points.append([time.perf_counter() - self._start, float(logs["val_accuracy"])])
        if logs["val_accuracy"] >= self._stop_at:
            self.model.stop_training = True


def training_tasks(fit, batch_size):
    """Define the tasks ``rate`` and ``course`` by functions of the settings of a task.

    ``fit(settings, callback)`` trains with Keras, ``batch_size(settings)`` gives the batch size.
    """

    def rate(settings):
        fit(settings, callback := Rate())
        return callback.steps_per_second * batch_size(settings)

    def course(settings):
        fit(settings, callback := AccuracyCurve(settings["stop_at"]))
        return callback.points

    return {"rate": rate, "course": course}
