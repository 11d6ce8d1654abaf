"""Sums, exact for integers too."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.reductions import reduce

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
        x, kind = b.inputs[0], np.dtype(b.dtype)
        if np.issubdtype(kind, np.floating):
            b.finish(reduce(b, "ReduceSum", x))
        elif kind.itemsize < 8:
            b.finish(reduce(b, "ReduceSum", x.cast(np.int64)).cast(kind))
        else:
            wide = x.cast(np.int64)
            lower = wide & (_HALF - 1)
            upper = reduce(b, "ReduceSum", (wide - lower) / _HALF)
            b.finish((upper * _HALF + reduce(b, "ReduceSum", lower)).cast(kind))
