"""Operators on shapes, and those that make tensors of a given shape."""

from typing import Any

import numpy as np
from onnx import numpy_helper
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = [
    "BroadcastArgs",
    "BroadcastGradientArgs",
    "InvertPermutation",
    "ListDiff",
    "Range",
    "Rank",
    "ShapeN",
    "around",
    "rank",
]

_FALSE = numpy_helper.from_array(np.zeros(1, np.bool_))


def rank(b: Builder, value: Value) -> Value:
    """How many axes a tensor has, a vector of one number."""
    return b("Shape", b("Shape", value)) if value.shape is None else b.integers(len(value.shape))


def around(b: Builder, x: Value, axis: Value) -> tuple[Value, Value, Value]:
    """The sizes of a tensor before, along and after an axis, as vectors."""
    shape, place, end = b("Shape", x), b("Reshape", axis.cast(np.int64), b.integers(1)), b.integers(2**63 - 1)
    after = b("Slice", b("Slice", shape, place, end), b.integers(1), end)
    return b("Slice", shape, b.integers(0), place), b("Gather", shape, place, axis=0), after


@tf_op("BroadcastArgs")
class BroadcastArgs:
    """The shape to which two shapes broadcast: exact.

    Where their lengths are known, size by size: the second one's where the first one's is 1, else the first one's, so
    that shapes that do not broadcast are left to the operator that uses the result. Else by `Expand`, to which ONNX
    leaves it for tensors: a boolean of the first shape, expanded to the second, has the result's shape. It costs a
    byte for each element of that shape.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        first, second = (_sizes(b, value) for value in b.inputs)
        lengths = [-1 if value.shape is None else value.shape[0] for value in b.inputs]
        if min(lengths) < 0:
            filled = b("ConstantOfShape", first, value=_FALSE)
            b.finish(b("Shape", b("Expand", filled, second)).cast(b.dtype))
            return
        first, second = (
            b("Concat", b.integers(*[1] * (max(lengths) - length)), value, axis=0) if length < max(lengths) else value
            for value, length in zip((first, second), lengths, strict=True)
        )
        b.finish(b.where(first.equals(1), second, first).cast(b.dtype))


def _sizes(b: Builder, value: Value) -> Value:
    """A shape in ONNX's own type, without the way through TensorFlow's 32 bits, where it comes from there."""
    made = b.context.get_node_by_output(value.name)
    if made is not None and made.type == "Cast" and b.dtype_of(made.input[0]) == np.int64:
        return Value(b, made.input[0])
    return value.cast(np.int64)


@tf_op("BroadcastGradientArgs")
class BroadcastGradientArgs:
    """Along which axes the gradient of each of two tensors that were broadcast together is summed.

    All axes along which the tensor has one entry or none of its own: for two equal shapes TensorFlow names none, for
    any others these.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        shapes = [value.cast(np.int64) for value in b.inputs]
        lengths = [b("Shape", shape) for shape in shapes]
        longest = b("Max", *lengths)
        results = []
        for shape, length in zip(shapes, lengths, strict=True):
            ones = b("Expand", b.integers(1), longest - length)
            results.append(_places(b, b("Concat", ones, shape, axis=0).equals(1)).cast(b.dtype))
        b.finish(*results)


@tf_op("Rank")
class Rank:
    """How many axes a tensor has: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b("Reshape", rank(b, b.inputs[0]).cast(np.int32), b.constant([], np.int64)))


@tf_op("ShapeN")
class ShapeN:
    """The shapes of several tensors: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(*(b("Shape", value).cast(b.dtype_of(node.output[0])) for value in b.inputs))


@tf_op("Range")
class Range:
    """start, start + delta, … up to and without the limit: of integers exact.

    Of numbers with a point, there are as many as TensorFlow counts, ⌈|(limit − start) / delta|⌉ in the numbers' own
    type; each is start + i·delta, rounded twice, where TensorFlow adds up.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        start, limit, delta = b.inputs
        if np.issubdtype(b.dtype, np.integer):
            values = [value.cast(np.int64) for value in b.inputs]
            b.finish(b("Range", *values).cast(b.dtype))
            return
        count = b("Ceil", abs((limit - start) / delta)).cast(np.int64)
        places = b("Range", b.constant(0, np.int64), count, b.constant(1, np.int64))
        b.finish(start + places.cast(b.dtype) * delta)


@tf_op("InvertPermutation")
class InvertPermutation:
    """y with y[x[i]] = i: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x = b.inputs[0].cast(np.int64)
        size = b("Reshape", b("Shape", x), b.constant([], np.int64))
        places = b("Range", b.constant(0, np.int64), size, b.constant(1, np.int64))
        b.finish(b("ScatterElements", places, x, places, axis=0).cast(b.dtype))


@tf_op("ListDiff")
class ListDiff:
    """The entries of x that are not in y, in their order, and where they stand: exact. All pairs are compared."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, y = b.inputs
        equal = b("Unsqueeze", x, b.integers(-1)).equals(y)
        found = b("ReduceSum", equal.cast(np.int32), b.integers(1), keepdims=0)
        places = _places(b, found.equals(0))
        b.finish(b("Gather", x, places, axis=0), places.cast(b.dtype_of(node.output[1])))


def _places(b: Builder, condition: Value) -> Value:
    """Where the condition holds in a vector."""
    return b("Squeeze", b("NonZero", condition), b.integers(0))
