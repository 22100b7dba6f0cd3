"""Training as in many tutorials: our layers, ImageDataGenerator, batches of 32.

Adam at its default learning rate, no schedule, no weight averaging.
"""

from benchmarks.clock import training_tasks
from benchmarks.contenders.jobs import load, run_task
from digits.network import keras
from digits.network.model import as_input, build, one_hot
from digits.params import read_params

BATCH_SIZE = 32
EPOCHS = 6


def fit(settings, *callbacks):
    """Build, compile and fit our network with a seed, without removal of the background."""
    # Imported after digits.network, which configures Keras.
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    seed = settings["seed"]
    keras.utils.set_random_seed(seed)
    training, validation = ((as_input(images), one_hot(labels)) for images, labels in load())
    warps = ImageDataGenerator(
        rotation_range=10, zoom_range=0.1, width_shift_range=0.1, height_shift_range=0.1
    )
    batches = warps.flow(*training, batch_size=BATCH_SIZE, seed=seed)
    network = read_params().network.model_copy(update={"background": 0})
    net = build(network, image_size=(28, 28), seed=seed)
    net.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    net.fit(batches, epochs=EPOCHS, validation_data=validation, verbose=0, callbacks=callbacks)


if __name__ == "__main__":
    run_task(training_tasks(fit, lambda _: BATCH_SIZE))
