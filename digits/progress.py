"""One line an epoch, with the time left, for where no terminal shows Keras' bar."""

import time

import keras


class EpochLines(keras.callbacks.Callback):
    """Print a line at the end of each epoch."""

    def on_train_begin(self, logs=None):
        """Start the clock."""
        self._start = time.monotonic()
        self._done = 0

    def on_epoch_end(self, epoch, logs=None):
        """Print what the epoch reached and how long the rest will take."""
        self._done += 1
        epochs = self.params["epochs"]
        elapsed = time.monotonic() - self._start
        left = elapsed / self._done * (epochs - epoch - 1)
        values = "  ".join(f"{name} {value:.4f}" for name, value in logs.items())
        print(f"epoch {epoch + 1}/{epochs}  {values}  {left:.0f} s left", flush=True)
