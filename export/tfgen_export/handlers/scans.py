"""What goes along an axis: places in sorted numbers, and running products and sums of exponentials."""

from collections.abc import Callable
from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.errors import ConversionError
from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.elementwise import log1p
from tfgen_export.handlers.value import Value

__all__ = ["Bound", "Cumprod", "CumulativeLogsumexp"]


@tf_op(["LowerBound", "UpperBound"])
class Bound:
    """`tf.searchsorted`: how many of a row's sorted numbers are below each value (or, UpperBound, not above): exact.

    All pairs are compared, which for the few knots of a spline is quicker than a search. NaN comes after all for
    UpperBound, before all for LowerBound, as TensorFlow's search leaves it.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        ordered = b("Unsqueeze", b.inputs[0], b.integers(-2))
        values = b("Unsqueeze", b.inputs[1], b.integers(-1))
        upper = node.type == "UpperBound"
        beyond = (ordered > values) if upper else (ordered < values)
        count = b("ReduceSum", beyond.cast(np.int64), b.integers(-1), keepdims=0)
        if upper:
            count = b.sizes(b.inputs[0], -1) - count
        b.finish(count.cast(b.dtype_of(node.output[0])))


@tf_op("Cumprod")
class Cumprod:
    """Running products along an axis, forwards or backwards, with or without the number itself.

    By doubling: log₂ n products of the whole with itself shifted, so that errors are no larger than a loop's, of one
    rounding a factor; a zero, an infinity or NaN stays where it is, unlike in exp of a sum of logarithms.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(_scan(b, lambda x, y: x * y, 1))


@tf_op("CumulativeLogsumexp")
class CumulativeLogsumexp:
    """log Σ_{j ≤ i} exp x_j along an axis, forwards or backwards, with or without x_i; −∞ of nothing.

    By doubling, log(eˣ + eʸ) as max(x, y) + log(1 + e^−|x − y|), which neither overflows nor loses small terms; equal
    infinities give themselves.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(_scan(b, lambda x, y: _logaddexp(b, x, y), float("-inf")))


def _logaddexp(b: Builder, x: Value, y: Value) -> Value:
    largest, smallest = b("Max", x, y), b("Min", x, y)
    gap = smallest - largest
    # Of two equal infinities the difference is NaN, and nothing is to be added. NaN of NaN comes with the maximum.
    return largest + b.where(gap <= 0, log1p(b, b("Exp", gap)), 0)


def _scan(b: Builder, combine: Callable[[Value, Value], Value], neutral: float) -> Value:
    """Combines all that come before, along the axis that the second input gives, as the node's attributes say."""
    x, axis = b.inputs[0], _axis(b)
    length = None if x.shape is None else x.shape[axis]
    reverse, exclusive = (bool(b.node.get_attr_value(name, False)) for name in ("reverse", "exclusive"))
    if reverse:
        x = _flip(b, x, axis)

    def shifted(values: Value, by: Value) -> Value:
        """Values `by` places later, after neutral ones."""
        zero, along = b.integers(0), b.integers(axis)
        first = b("Shape", b("Slice", values, zero, by, along))
        return b(
            "Concat",
            b("Expand", b.constant([neutral], x.dtype), first),
            b("Slice", values, zero, -by, along),
            axis=axis,
        )

    if length is not None and length >= 0:
        step = 1
        while step < length:
            x = combine(x, shifted(x, b.integers(step)))
            step *= 2
    else:
        size = b("Gather", b("Shape", x), b.integers(axis), axis=0)

        def body(_: Value, by: Value, values: Value) -> tuple[Value, list[Value]]:
            double = by * 2
            return b("Squeeze", double < size, b.integers(0)), [double, combine(values, shifted(values, by))]

        one = b.integers(1)
        x = b.loop(body, [one, x], start=b("Squeeze", one < size, b.integers(0)))[1]
    if exclusive:
        x = shifted(x, b.integers(1))
    return _flip(b, x, axis) if reverse else x


def _flip(b: Builder, x: Value, axis: int) -> Value:
    return b("Slice", x, b.integers(-1), b.integers(-(2**62)), b.integers(axis), b.integers(-1))


def _axis(b: Builder) -> int:
    axis = b.node.inputs[1]
    if not axis.is_const():
        raise ConversionError(f"{b.node.type} (node {b.node.name!r}) needs a constant axis. Received: a tensor")
    return int(np.asarray(axis.get_tensor_value(as_list=False)).item())
