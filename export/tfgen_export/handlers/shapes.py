"""Operators on shapes."""

from typing import Any

import numpy as np
from onnx import TensorProto, numpy_helper
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder

__all__ = ["BroadcastArgs"]

_FALSE = numpy_helper.from_array(np.zeros(1, np.bool_))


@tf_op("BroadcastArgs")
class BroadcastArgs:
    """The shape to which two shapes broadcast: exact.

    ONNX has no operator on shapes for it, but `Expand` does it to a tensor: a boolean of the first shape,
    expanded to the second, has the result's shape. It is right for shapes of any length, with ones and zeros
    in them, and refuses shapes that do not broadcast, as TensorFlow does. It costs a byte for each element of
    the result's shape.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        first, second = (b("Cast", name, to=TensorProto.INT64) for name in b.inputs)
        filled = context.make_node("ConstantOfShape", [first], attr={"value": _FALSE}).output[0]
        shape = b("Shape", b("Expand", filled, second))
        b.finish(b("Cast", shape, to=context.get_dtype(b.inputs[0])))
