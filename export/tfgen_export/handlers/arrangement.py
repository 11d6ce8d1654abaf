"""Entries in another order."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.shapes import rank
from tfgen_export.handlers.value import Value

__all__ = ["ReverseV2", "Roll", "Transpose"]


@tf_op(["Transpose", "ConjugateTranspose"])
class Transpose:
    """Axes in another order: exact.

    ONNX's own wants the order as an attribute. Where it is computed, as TFP does for tensors whose rank is not known,
    each entry's place is computed from it, in some ten nanoseconds for an entry and axis.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, order = b.inputs
        if order.known is not None:
            b.finish(b("Transpose", x, perm=[int(axis) for axis in order.known]))
        else:
            b.finish(_transpose(b, x, order.cast(np.int64)))


def _transpose(b: Builder, x: Value, order: Value) -> Value:
    shape = b("Shape", x)
    axes = _count(b, rank(b, x))
    later = b("Unsqueeze", axes, b.integers(1)) < axes

    def strides(sizes: Value) -> Value:
        """By how many entries two neighbours along an axis are apart."""
        return b("ReduceProd", b.where(later, sizes, 1), b.integers(1), keepdims=0)

    # ONNX Runtime refuses to divide by zero even where there is nothing to divide.
    shape = b("Max", shape, b.integers(1))
    sizes = b("Gather", shape, order, axis=0)
    entries = b("Unsqueeze", _count(b, b("Shape", b("Reshape", x, b.integers(-1)))), b.integers(1))
    indices = b("Mod", entries / strides(sizes), sizes) * b("Gather", strides(shape), order, axis=0)
    places = b("ReduceSum", indices, b.integers(1), keepdims=0)
    found = b("Gather", b("Reshape", x, b.integers(-1)), places, axis=0)
    return b("Reshape", found, b("Gather", b("Shape", x), order, axis=0), allowzero=1)


def _count(b: Builder, size: Value) -> Value:
    """0, 1, … up to a size that is a vector of one number."""
    return b("Range", b.constant(0, np.int64), b("Squeeze", size, b.integers(0)), b.constant(1, np.int64))


@tf_op("ReverseV2")
class ReverseV2:
    """Entries backwards along some axes: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, axes = b.inputs
        axes = axes.cast(np.int64)
        backwards, before = (b("Expand", b.integers(value), b("Shape", axes)) for value in (-1, np.iinfo(np.int64).min))
        b.finish(b("Slice", x, backwards, before, axes, backwards))


@tf_op("Roll")
class Roll:
    """Entries moved along some axes, where those that fall off the end come in at the beginning: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, *others = b.inputs
        shifts, axes = (b("Reshape", value.cast(np.int64), b.integers(-1)) for value in others)
        shape, length = b("Shape", x), rank(b, x)
        axes = b("Mod", axes, length)
        once = b("Expand", b.integers(1), length)
        twice = b("ScatterElements", once, axes, b("Expand", b.integers(2), b("Shape", axes)), axis=0)
        # An axis may be named more than once.
        moved = b("ScatterElements", once - 1, axes, shifts, axis=0, reduction="add")
        starts = b("Mod", -moved, b("Max", shape, b.integers(1)))
        every = b("Range", b.constant(0, np.int64), b("Squeeze", length, b.integers(0)), b.constant(1, np.int64))
        b.finish(b("Slice", b("Tile", x, twice), starts, starts + shape, every))
