"""This project: its network, batches and training, as the stage runs them."""

import time
from dataclasses import replace

from benchmarks.clock import Course, Rate
from benchmarks.contenders.jobs import images_per_second, load, take
from digits.network import keras, model, tf
from digits.network.machine import describe, set_up
from digits.sweep.plan import change_all, named_recipes
from digits.sweep.training import machine_of, train_recipe

MATRIX = 4096  # rows and columns of the product that the processor's rate is measured by


def prepare(settings):
    """Read the recipe and set TensorFlow up as the stage does."""
    params = change_all(named_recipes(), where="recipes.yaml")[settings["recipe"]]
    params = replace(params, train=replace(params.train, seed=settings["seed"]))
    return params, set_up(params.train)


def run(settings, callback):
    """Train with a callback."""
    params, dtype = prepare(settings)
    callback = callback(params)
    train_recipe(params, *load(), dtype=dtype, callbacks=[callback])
    return callback


def machine(settings):
    """Name the machine, and the precision of training."""
    _, dtype = prepare(settings)
    return {"machine": machine_of(describe(precision=dtype)), "precision": dtype}


def rate(settings):
    """Give the images per second in training, warps included."""
    return run(settings, lambda params: Rate(params.train.batch_size)).rate


def course(settings):
    """Give the seconds and the validation accuracy after each epoch."""
    return run(settings, lambda _: Course(settings["stop_at"])).points


def network(params):
    """Build the network of a recipe in float32, as it is saved."""
    return model.build(params.network, image_size=(28, 28), seed=params.train.seed)


def inference(settings):
    """Give the images per second in prediction, by batch size."""
    params, _ = prepare(settings)
    net = network(params)
    call = tf.function(lambda images: net(images, training=False), jit_compile=False)
    images = model.as_input(load()[1][0])
    return {size: images_per_second(call, tf.constant(images[:size])) for size in settings["sizes"]}


def work(settings):
    """Give the floating-point operations that training on one image takes.

    Two for each multiplication with its addition; the backward pass takes the forward pass's
    number for the weights and again for the inputs, which the first layer needs not.
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
    """Give the operations per second of a large matrix product in the precision of training."""
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
    take({f.__name__: f for f in (machine, rate, course, inference, work, matrix_product)})
