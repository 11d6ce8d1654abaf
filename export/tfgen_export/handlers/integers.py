"""Integers, which tf2onnx compares as float32 and divides towards zero: exact for every value."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = ["FloorDiv", "FloorMod", "GreaterLess", "MaximumMinimum"]


@tf_op(["Greater", "Less"])
class GreaterLess:
    """x > y and x < y: exact.

    Integers are compared as int64, for tf2onnx's recurrent layers compare a counter that is one with a limit
    that is none; uint64 as it is.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        inputs = b.inputs
        if np.issubdtype(b.dtype, np.integer) and np.dtype(b.dtype) != np.uint64:
            inputs = [value.cast(np.int64) for value in inputs]
        b.finish(b(node.type, *inputs))


@tf_op(["Maximum", "Minimum"])
class MaximumMinimum:
    """The larger or smaller of two numbers, NaN where one is: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        narrow = np.dtype(b.dtype) in (np.int16, np.uint16)  # of which ONNX Runtime has neither
        inputs = [value.cast(np.int32) for value in b.inputs] if narrow else b.inputs
        b.finish(b(node.type[:3], *inputs).cast(b.dtype))


@tf_op("FloorDiv")
class FloorDiv:
    """⌊x / y⌋: exact for integers of either sign; ONNX's own integer Div rounds towards zero.

    Floating-point quotients are rounded before the floor, as TensorFlow's are.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, y = b.inputs
        quotient = x / y
        if np.issubdtype(b.dtype, np.floating):
            quotient = b("Floor", quotient)
        elif np.issubdtype(b.dtype, np.signedinteger):
            quotient = b.where(_beyond(x - quotient * y, y), quotient - 1, quotient)
        b.finish(quotient)


@tf_op("FloorMod")
class FloorMod:
    """x − y·⌊x / y⌋, with the sign of y: exact for integers.

    For floating-point numbers the remainder of the truncated quotient, which is exact too, plus y where the
    signs differ: TensorFlow's own way. x − y·⌊x / y⌋ as it stands keeps no digit where the quotient is large.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, y = b.inputs
        if np.issubdtype(b.dtype, np.floating):
            remainder = b("Mod", x, y, fmod=1)
            b.finish(b.where(_beyond(remainder, y), remainder + y, remainder))
        else:
            b.finish(b("Mod", x, y))


def _beyond(remainder: Value, divisor: Value) -> Value:
    """Whether truncation went past the floor: a remainder of the other sign than the divisor's."""
    return ((remainder < 0) ^ (divisor < 0)) & ~remainder.equals(0)
