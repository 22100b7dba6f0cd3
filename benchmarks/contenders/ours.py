"""The training of this project, as the stage ``train`` runs it."""

import time

from benchmarks.clock import AccuracyCurve, Rate
from benchmarks.contenders.jobs import images_per_second, load, run_task
from digits.network import keras, model, tf
from digits.network.environment import describe, set_up
from digits.params import read_params
from digits.settings import load as load_settings
from digits.sweep.plan import change_all
from digits.sweep.training import machine_of, train_recipe

RECIPES = "experiments/recipes.yaml"
MATRIX = 4096  # rows and columns of the product that the processor's rate is measured by


def prepare(settings):
    """Read the recipe and set TensorFlow up as the stage does."""
    recipes = {"default": {}} | load_settings(RECIPES)
    params = change_all(recipes, read_params(), where=RECIPES)[settings["recipe"]]
    train = params.train.model_copy(update={"seed": settings["seed"]})
    return params.model_copy(update={"train": train}), set_up(train)


def run(settings, callback):
    """Train with a callback and return it; ``callback`` makes it from the params."""
    params, dtype = prepare(settings)
    callback = callback(params)
    train_recipe(params, *load(), dtype=dtype, callbacks=[callback])
    return callback


def machine(settings):
    """Return the name of the machine and the precision of training."""
    _, dtype = prepare(settings)
    return {"machine": machine_of(describe(precision=dtype)), "precision": dtype}


def rate(settings):
    """Return the images per second in training, augmentation included."""
    return run(settings, lambda params: Rate(params.train.batch_size)).rate


def course(settings):
    """Return [seconds, validation accuracy] for each epoch."""
    return run(settings, lambda _: AccuracyCurve(settings["stop_at"])).points


def network(params):
    """Build the network of a recipe in float32, in which it is saved."""
    return model.build(params.network, image_size=(28, 28), seed=params.train.seed)


def inference(settings):
    """Return the images per second in prediction, by batch size."""
    params, _ = prepare(settings)
    net = network(params)
    call = tf.function(lambda images: net(images, training=False), jit_compile=False)
    images = model.as_input(load()[1][0])
    return {size: images_per_second(call, tf.constant(images[:size])) for size in settings["sizes"]}


def work(settings):
    """Return the number of floating-point operations to train on one image.

    A multiplication and its addition count as two. The backward pass takes as many as the forward
    pass for the weights and again for the inputs, except for the inputs of the first layer.
    """
    params, _ = prepare(settings)
    operations = []
    for layer in network(params).layers:
        if isinstance(layer, keras.layers.Conv2D):
            height, width, filters = layer.output.shape[1:]
            side, _, channels, _ = layer.kernel.shape
            operations.append(2 * height * width * filters * side * side * channels)
        elif isinstance(layer, keras.layers.Dense):
            operations.append(2 * layer.kernel.shape[0] * layer.kernel.shape[1])
    return 3 * sum(operations) - operations[0]


def matrix_product(settings):
    """Return the operations per second of a large matrix product in the precision of training."""
    _, dtype = prepare(settings)
    kind = tf.bfloat16 if dtype == "mixed_bfloat16" else tf.float32
    left, right = (
        tf.cast(tf.random.stateless_normal((MATRIX, MATRIX), (0, n)), kind) for n in (1, 2)
    )
    product = tf.function(lambda: tf.matmul(left, right), jit_compile=False)
    for _ in range(3):
        product().numpy()
    best = float("inf")
    for _ in range(8):
        start = time.perf_counter()
        product().numpy()
        best = min(best, time.perf_counter() - start)
    return 2 * MATRIX**3 / best


if __name__ == "__main__":
    run_task({f.__name__: f for f in (machine, rate, course, inference, work, matrix_product)})
