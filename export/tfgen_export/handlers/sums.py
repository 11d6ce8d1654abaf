"""Sums, exact for integers too."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder

__all__ = ["AddN", "Sum"]

_HALF = 2**32


@tf_op("AddN")
class AddN:
    """The sum of several tensors, of integers too, for which ONNX Runtime has no Sum."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        if np.issubdtype(b.dtype, np.floating):
            b.finish(b("Sum", *b.inputs))
            return
        first, *others = b.inputs
        for other in others:
            first = first + other
        b.finish(first)


@tf_op("Sum")
class Sum:
    """The sum along axes: of integers exact, and modulo 2⁶⁴ where it overflows, as TensorFlow's is.

    ONNX Runtime adds int64 as float64, and so loses what is beyond 2⁵³: the upper and the lower halves of the
    integers are added apart.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, axes = b.inputs
        axes = b("Reshape", axes.cast(np.int64), b.integers(-1))
        options = {"keepdims": int(bool(node.get_attr_value("keep_dims", False))), "noop_with_empty_axes": 1}
        if not np.issubdtype(b.dtype, np.integer) or np.dtype(b.dtype) == np.int32:
            b.finish(b("ReduceSum", x, axes, **options))
            return
        wide = x.cast(np.int64)
        lower = wide & (_HALF - 1)
        upper = b("ReduceSum", (wide - lower) / _HALF, axes, **options)
        b.finish((upper * _HALF + b("ReduceSum", lower, axes, **options)).cast(b.dtype))
