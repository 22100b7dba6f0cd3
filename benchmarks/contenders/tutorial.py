"""Training as in many tutorials: our layers, ImageDataGenerator, batches of 32.

Adam at its default learning rate, no schedule, no weight averaging.
"""

from benchmarks.clock import AccuracyCurve, Rate
from benchmarks.contenders.jobs import load, run_task
from digits.network import keras
from digits.network.batches import one_hot
from digits.network.model import as_input, build
from digits.params import read_params

BATCH_SIZE = 32
EPOCHS = 6


def run(settings, callback):
    """Train with a callback and return it."""
    keras.utils.set_random_seed(settings["seed"])
    training, validation = ((as_input(images), one_hot(labels)) for images, labels in load())
    # Imported after digits.network, which configures Keras.
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    warps = ImageDataGenerator(
        rotation_range=10, zoom_range=0.1, width_shift_range=0.1, height_shift_range=0.1
    )
    net = build(read_params().network, image_size=(28, 28), seed=settings["seed"])
    net.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    net.fit(
        warps.flow(*training, batch_size=BATCH_SIZE, seed=settings["seed"]),
        epochs=EPOCHS,
        validation_data=validation,
        verbose=0,
        callbacks=[callback],
    )
    return callback


def rate(settings):
    """Return the images per second in training, augmentation included."""
    return run(settings, Rate(BATCH_SIZE)).rate


def course(settings):
    """Return [seconds, validation accuracy] for each epoch."""
    return run(settings, AccuracyCurve(settings["stop_at"])).points


if __name__ == "__main__":
    run_task({f.__name__: f for f in (rate, course)})
