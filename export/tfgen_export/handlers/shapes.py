"""Operators on shapes."""

from typing import Any

import numpy as np
from onnx import numpy_helper
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
        first, second = (value.cast(np.int64) for value in b.inputs)
        filled = b("ConstantOfShape", first, value=_FALSE)
        b.finish(b("Shape", b("Expand", filled, second)).cast(b.dtype))
