"""What handlers are written in: ONNX operators as calls."""

from typing import Any

import numpy as np
from tf2onnx import utils

__all__ = ["Builder"]


class Builder:
    """Builds the ONNX nodes that take one TensorFlow node's place.

    Args:
        context: tf2onnx's graph.
        node: the TensorFlow node.

    Attributes:
        inputs: the names of the node's inputs.
        dtype: NumPy's type of the first input.
    """

    def __init__(self, context: Any, node: Any) -> None:
        self.context = context
        self.node = node
        self.inputs = list(node.input)
        self.dtype = utils.map_onnx_to_numpy_type(context.get_dtype(node.input[0]))

    def __call__(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Adds a node and gives its (first) output."""
        return self.context.make_node(operator, list(inputs), attr=attributes).output[0]

    def constant(self, value: Any, dtype: Any = None) -> str:
        """A constant, of the first input's type unless told otherwise."""
        array = np.asarray(value, dtype or self.dtype)
        return self.context.make_const(utils.make_name("constant"), array).output[0]

    def integers(self, *values: int) -> str:
        """A vector of int64, as axes and slices want it."""
        return self.constant(values, np.int64)

    def shape(self, name: str) -> list[int] | None:
        """The static shape of a tensor with −1 for what is dynamic; None where the rank is not known."""
        return self.context.get_shape(name)

    def finish(self, *results: str) -> None:
        """Lets `results` take the place of the node's outputs."""
        shapes, dtypes, outputs = self.node.output_shapes, self.node.output_dtypes, self.node.output
        self.context.remove_node(self.node.name)
        for result, output, shape, dtype in zip(results, outputs, shapes, dtypes, strict=True):
            self.context.make_node("Identity", [result], outputs=[output], shapes=[shape], dtypes=[dtype])
