"""Export of the trained network as one ONNX graph that needs no other file of this project."""

import copy

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx

from digits.dataset.arrays import CLASSES
from digits.network.model import windows
from digits.network.ood import LAYER, MIN_NORM


def complete(model, prototypes, *, shifts):
    """Add to a network what the pipeline does around it: shifts and distance from prototypes.

    Args:
        model: a ``keras.Model``, as :func:`digits.network.model.load` returns it.
        prototypes: float16 (m, d), from :func:`digits.network.ood.learn`.
        shifts: in pixels, as :func:`digits.network.model.predict` takes it.

    Returns:
        A ``keras.Model`` from ``image``, float32 (n, height, width, 1) in [0, 1], to a dict:
        ``probabilities``, float32 (n, 10), the average over the shifts; and ``distance``, float32
        (n,), the cosine distance from the nearest prototype.
    """
    _, height, width, _ = model.input_shape
    image = keras.Input((height, width, 1), name="image")
    views = [image]
    if shifts:
        padded = keras.layers.ZeroPadding2D(shifts)(image)
        views = [padded[window] for window in windows(height, width, shifts)]
    probabilities = keras.ops.concatenate(views)
    # Layer by layer: a model of two of its outputs would compute all layers before them twice.
    for layer in model.layers:
        probabilities = layer(probabilities)
        if layer.name == LAYER:
            features = probabilities
    if shifts:  # tf2onnx would simplify a reshape of a single view, at random in two ways
        features = keras.ops.split(features, len(views))[0]
        probabilities = keras.ops.reshape(probabilities, (len(views), -1, CLASSES))
        probabilities = keras.ops.mean(probabilities, axis=0)
    norms = keras.ops.norm(features, axis=1, keepdims=True)
    # A layer, because the export omits arrays that are not weights.
    cosines = keras.layers.Dense(len(prototypes), use_bias=False, name="prototypes")
    nearest = keras.ops.max(cosines(features / keras.ops.maximum(norms, MIN_NORM)), axis=1)
    cosines.set_weights([prototypes.T.astype(np.float32)])
    outputs = {"probabilities": probabilities, "distance": 1 - nearest}
    return keras.Model(image, outputs)


def save(model, path, metadata):
    """Write a model as ONNX, with the same bytes whenever it is written.

    Args:
        model: a ``keras.Model`` with one input, ``image``, and a dict of outputs.
        path: of the file.
        metadata: a dict from names to texts, which is stored in the file.
    """
    (image,) = model.inputs
    signature = [tf.TensorSpec(image.shape, tf.float32, name=image.name)]
    call = tf.function(lambda images: model(images, training=False))
    converted, _ = tf2onnx.convert.from_function(call, signature)
    sort_nodes(converted.graph)
    rename(converted.graph)
    onnx.helper.set_model_props(converted, metadata)
    onnx.checker.check_model(converted)
    onnx.save(converted, path)


def sort_nodes(graph):
    """Put the nodes and outputs of an ONNX graph in an order that depends on its structure alone.

    tf2onnx chooses at random among the orders in which each node comes after its inputs.
    """
    outputs = sorted(graph.output, key=lambda value: value.name)
    made_by = {name: node for node in graph.node for name in node.output}
    ordered = {}  # nodes by the name of their first output

    def add(name):
        node = made_by.get(name)
        if node and node.output[0] not in ordered:
            for needed in node.input:
                add(needed)
            ordered[node.output[0]] = node

    for value in outputs:
        add(value.name)
    nodes, outputs = copy.deepcopy(list(ordered.values())), copy.deepcopy(outputs)
    del graph.node[:], graph.output[:]
    graph.node.extend(nodes)
    graph.output.extend(outputs)


def rename(graph):
    """Name all inner values of an ONNX graph in order of first use.

    tf2onnx chooses at random which of several equal constants it keeps, and so their names. Its
    description holds the number that TensorFlow gave the function.
    """
    graph.doc_string = ""
    names = {value.name: value.name for value in (*graph.input, *graph.output)}
    for node in graph.node:
        node.name = ""
        for values in (node.input, node.output):
            # An empty name means that an optional input is left out.
            values[:] = [name and names.setdefault(name, f"value_{len(names)}") for name in values]
    for value in (*graph.initializer, *graph.value_info):
        value.name = names[value.name]
    graph.initializer.sort(key=lambda value: value.name)
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
