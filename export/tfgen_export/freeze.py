"""A traced function as a graph without variables; the weights of large models stay outside it."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import tensorflow as tf
from onnx import numpy_helper
from tf2onnx import tf_loader

__all__ = ["Frozen", "attach", "freeze", "is_large"]

LARGEST = 2**31 - 2**24
"""Bytes of weights beyond which a graph is no protocol buffer, whose limit is 2 GB."""

_SMALL = 2**16


@dataclasses.dataclass(frozen=True)
class Frozen:
    """A graph of constants.

    Attributes:
        graph: TensorFlow's definition of it, optimised.
        weights: what was too large to be in it, by the name of the placeholder that stands for it.
    """

    graph: Any
    weights: dict[str, np.ndarray]


def freeze(concrete: Any, inputs: Sequence[str], outputs: Sequence[str]) -> Frozen:
    """Turns variables and captured tensors into constants, or into placeholders where they are beyond 2 GB.

    Args:
        concrete: the traced function.
        inputs: its arguments' tensors' names.
        outputs: its outputs' names.
    """
    if not is_large(sum(_size(capture) for capture in _captures(concrete))):
        return Frozen(tf_loader.from_function(concrete, inputs, outputs), {})
    graph = tf_loader.from_function(concrete, inputs, outputs, large_model=True)
    weights = {}
    for node in graph.node:
        # To ask the map for what it lacks would put it in.
        tensor = node.attr["value"].tensor if node.op == "Const" else None
        if tensor is not None and len(tensor.tensor_content) > _SMALL:
            dtype = tf.as_dtype(tensor.dtype).as_numpy_dtype
            sizes = [entry.size for entry in tensor.tensor_shape.dim]
            weights[f"{node.name}:0"] = np.frombuffer(tensor.tensor_content, dtype).reshape(sizes)
            node.op = "Placeholder"
            node.attr["dtype"].type = tensor.dtype
            node.attr["shape"].shape.CopyFrom(tensor.tensor_shape)
            del node.attr["value"]
    with tf.Graph().as_default() as small, tf.compat.v1.Session(graph=small):
        tf.import_graph_def(graph, name="")
        return Frozen(tf_loader.tf_optimize([*inputs, *weights], outputs, small.as_graph_def(add_shapes=True)), weights)


def attach(model: onnx.ModelProto, weights: dict[str, np.ndarray]) -> None:
    """Gives a model's placeholders their weights: they become initialisers."""
    for value in list(model.graph.input):
        if value.name in weights:
            model.graph.input.remove(value)
            model.graph.initializer.append(numpy_helper.from_array(weights[value.name], value.name))


def is_large(size: int) -> bool:
    """Whether so many bytes of weights do not fit into one file of a protocol buffer."""
    return size > LARGEST


def _captures(concrete: Any) -> list[Any]:
    constants = [outside for outside, _ in concrete.graph.captures if outside.dtype not in (tf.resource, tf.variant)]
    return [*concrete.graph.variables, *constants]


def _size(tensor: Any) -> int:
    return int((tensor.shape.num_elements() or 0) * tensor.dtype.size)
