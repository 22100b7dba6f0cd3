"""The MNIST example of keras.io ("Simple MNIST convnet", F. Chollet), written from its description.

Two convolutions, dropout, one dense layer; batches of 128, 15 epochs, Adam, no augmentation. The
original holds out a tenth of the training images. This one trains on all of them, like the others.
"""

from benchmarks.clock import training_tasks
from benchmarks.contenders.jobs import load, run_task
from digits.network import keras
from digits.network.batches import one_hot
from digits.network.model import as_input

BATCH_SIZE = 128
EPOCHS = 15


def fit(settings, *callbacks):
    """Build, compile and fit the network with a seed; return the ``keras.Model``."""
    keras.utils.set_random_seed(settings["seed"])
    training, validation = ((as_input(images), one_hot(labels)) for images, labels in load())
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
    options = {"batch_size": BATCH_SIZE, "epochs": EPOCHS, "verbose": 0, "callbacks": callbacks}
    net.fit(*training, validation_data=validation, **options)
    return net


if __name__ == "__main__":
    run_task(training_tasks(fit, lambda _: BATCH_SIZE))
