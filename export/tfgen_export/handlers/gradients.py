"""What TensorFlow makes gradients of; a density's is a part of a function that differentiates it."""

from collections.abc import Callable
from typing import Any

import numpy as np
from onnx import numpy_helper
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.slicing import strided_slice
from tfgen_export.handlers.value import Value

__all__ = ["OfFeature", "OfResult", "StridedSliceGrad"]

_OF_RESULT: dict[str, Callable[[Value], Value]] = {
    "InvGrad": lambda y: -(y * y),
    "ReciprocalGrad": lambda y: -(y * y),
    "RsqrtGrad": lambda y: (y * y) * (-0.5 * y),
    "SigmoidGrad": lambda y: y * (1 - y),
    "SqrtGrad": lambda y: 0.5 / y,
    "TanhGrad": lambda y: 1 - y * y,
}


@tf_op(list(_OF_RESULT))
class OfResult:
    """A gradient times the derivative of a function, as one of the function's result y.

    1/x: −y². 1/√x: −y³/2. √x: 1/(2y). tanh x: 1 − y². 1/(1 + e⁻ˣ): y·(1 − y).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        y, gradient = b.inputs
        b.finish(gradient * _OF_RESULT[node.type](y))


@tf_op(["ReluGrad", "SoftplusGrad"])
class OfFeature:
    """A gradient times the derivative of max(x, 0), which is 0 at 0, or of log(1 + eˣ), as one of x."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        gradient, x = b.inputs
        if node.type == "ReluGrad":
            b.finish(b.where(x > 0, gradient, 0))
        else:
            b.finish(gradient / (b("Exp", -x) + 1))


@tf_op("StridedSliceGrad")
class StridedSliceGrad:
    """Zeros of a shape with a part of them replaced, by Python's indexing: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        shape, part = b.inputs[0].cast(np.int64), b.inputs[4]
        count = b("ReduceProd", shape, keepdims=0)
        entries = b("Range", b.constant(0, np.int64), count, b.constant(1, np.int64))
        flat = b.integers(-1)
        places = b("Reshape", strided_slice(b, b("Reshape", entries, shape)), flat)
        zeros = b("ConstantOfShape", b("Shape", entries), value=numpy_helper.from_array(np.zeros(1, part.dtype)))
        b.finish(b("Reshape", b("ScatterElements", zeros, places, b("Reshape", part, flat), axis=0), shape))
