"""The training of this project, as the stage ``train`` runs it."""

import math
import timeit

from benchmarks.clock import training_tasks
from benchmarks.contenders.jobs import images_per_second, load, run_task
from digits.network import model, tf
from digits.network.environment import describe, set_up
from digits.params import read_params
from digits.settings import load as load_settings
from digits.sweep.plan import change_all
from digits.sweep.training import machine_of, train_recipe

RECIPES = "experiments/recipes.yaml"
MATRIX = 4096  # rows and columns of the product that the processor's rate is measured by


def prepare(settings):
    """Read the recipe and set TensorFlow up as the stage does: params and dtype policy."""
    recipes = {"default": {}} | load_settings(RECIPES)
    params = change_all(recipes, read_params(), where=RECIPES)[settings["recipe"]]
    train = params.train.model_copy(update={"seed": settings["seed"]})
    return params.model_copy(update={"train": train}), set_up(train)


def fit(settings, *callbacks):
    """Train with the settings of a recipe."""
    params, dtype = prepare(settings)
    train_recipe(params, *load(), dtype=dtype, callbacks=callbacks)


def machine(settings):
    """Return the name of the machine and the precision of training."""
    _, dtype = prepare(settings)
    return {"machine": machine_of(describe(precision=dtype)), "precision": dtype}


def network(settings):
    """Build the network of a recipe in float32, in which it is saved."""
    params, _ = prepare(settings)
    return model.build(params.network, image_size=(28, 28), seed=params.train.seed)


def inference(settings):
    """Return the images per second in prediction, by batch size."""
    net = network(settings)
    call = tf.function(lambda images: net(images, training=False), jit_compile=False)
    images = model.as_input(load()[1][0])
    return {size: images_per_second(call, tf.constant(images[:size])) for size in settings["sizes"]}


def work(settings):
    """Return the number of floating-point operations to train on one image.

    A multiplication and its addition count as two. The backward pass takes as many as the forward
    pass for the weights and again for the inputs, except for the inputs of the first layer.
    """
    operations = [
        2 * math.prod(layer.output.shape[1:-1]) * math.prod(layer.kernel.shape)
        for layer in network(settings).layers
        if hasattr(layer, "kernel")
    ]
    return 3 * sum(operations) - operations[0]


def matrix_product(settings):
    """Return the operations per second of a large matrix product in the precision of training."""
    _, dtype = prepare(settings)
    kind = tf.bfloat16 if dtype == "mixed_bfloat16" else tf.float32
    left, right = (
        tf.cast(tf.random.stateless_normal((MATRIX, MATRIX), (0, n)), kind) for n in (1, 2)
    )
    product = tf.function(lambda: tf.matmul(left, right), jit_compile=False)
    return 2 * MATRIX**3 / min(timeit.repeat(lambda: product().numpy(), number=1, repeat=11))


if __name__ == "__main__":
    tasks = {f.__name__: f for f in (machine, inference, work, matrix_product)}
    run_task(training_tasks(fit, lambda job: prepare(job)[0].train.batch_size) | tasks)
