"""What TensorFlow makes gradients of; a density's is a part of a function that differentiates it."""

from collections.abc import Callable
from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.slicing import strided_slice
from tfgen_export.handlers.value import Value

__all__ = ["OfFeature", "OfResult", "StridedSliceGrad"]

# In TensorFlow's order of operations.
_OF_RESULT: dict[str, Callable[[Value, Value], Value]] = {
    "InvGrad": lambda gradient, y: -gradient * (y * y),
    "ReciprocalGrad": lambda gradient, y: -gradient * (y * y),
    "RsqrtGrad": lambda gradient, y: (-0.5 * (gradient * y)) * (y * y),
    "SigmoidGrad": lambda gradient, y: gradient * (y * (1 - y)),
    "SqrtGrad": lambda gradient, y: gradient * (0.5 / y),
    "TanhGrad": lambda gradient, y: gradient * (1 - y * y),
}
_AT_POLES = ("InvGrad", "ReciprocalGrad", "RsqrtGrad", "SqrtGrad")


@tf_op(list(_OF_RESULT))
class OfResult:
    """A gradient times the derivative of a function, as one of the function's result y.

    1/x: −y². 1/√x: −y³/2. √x: 1/(2y). tanh x: 1 − y². 1/(1 + e⁻ˣ): y·(1 − y). For the first three a gradient of 0
    stays 0 where the derivative is infinite, as TensorFlow has it. Largest relative error of the last: 1.5·10⁻⁷ in
    float32, 2.7·10⁻¹⁶ in float64 (TensorFlow's own: the same two).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        y, gradient = b.inputs
        found = _OF_RESULT[node.type](gradient, y)
        b.finish(b.where(gradient.equals(0), 0, found) if node.type in _AT_POLES else found)


@tf_op(["ReluGrad", "SoftplusGrad"])
class OfFeature:
    """A gradient times the derivative of max(x, 0), which is 0 at 0, or of log(1 + eˣ), as one of x.

    Largest relative error of the second, 1/(1 + e⁻ˣ): 1.5·10⁻⁷ in float32, 3.2·10⁻¹⁶ in float64 (TensorFlow's own:
    1.9·10⁻⁷ and 3.2·10⁻¹⁶).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        gradient, x = b.inputs
        if node.type == "ReluGrad":
            b.finish(gradient * (x > 0).cast(b.dtype))
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
        places = b("Reshape", strided_slice(b, b("Reshape", entries, shape, allowzero=1)), flat)
        zeros = b.zeros(b("Shape", entries), part.dtype)
        b.finish(
            b("Reshape", b("ScatterElements", zeros, places, b("Reshape", part, flat), axis=0), shape, allowzero=1)
        )
