"""The MNIST example of keras.io ("Simple MNIST convnet", F. Chollet), written from its description.

Two convolutions, dropout, one dense layer; batches of 128, 15 epochs, Adam, no augmentation. The
original holds out a tenth of the training images. This one trains on all of them, like the others.
"""

from benchmarks.clock import AccuracyCurve, Rate
from benchmarks.contenders.jobs import load, run_task
from digits.network import keras
from digits.network.batches import one_hot
from digits.network.model import as_input

BATCH_SIZE = 128
EPOCHS = 15


def fit(training, validation, *, seed, callbacks=()):
    """Build, compile and fit the network; return the ``keras.Model``.

    Args:
        training: images, uint8 (n, 28, 28), and labels, uint8 (n,).
        validation: the same.
        seed: of all random numbers.
        callbacks: ``keras.callbacks.Callback`` objects.
    """
    keras.utils.set_random_seed(seed)
    training, validation = (
        (as_input(images), one_hot(labels)) for images, labels in (training, validation)
    )
    net = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(64, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    net.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    net.fit(
        *training,
        batch_size=BATCH_SIZE,
        epochs=EPOCHS,
        validation_data=validation,
        verbose=0,
        callbacks=list(callbacks),
    )
    return net


def run(settings, callback):
    """Train with a callback and return it."""
    fit(*load(), seed=settings["seed"], callbacks=[callback])
    return callback


def rate(settings):
    """Return the images per second in training."""
    return run(settings, Rate(BATCH_SIZE)).rate


def course(settings):
    """Return [seconds, validation accuracy] for each epoch."""
    return run(settings, AccuracyCurve(settings["stop_at"])).points


if __name__ == "__main__":
    run_task({f.__name__: f for f in (rate, course)})
