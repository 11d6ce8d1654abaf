"""Entries by their indices."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.errors import ConversionError
from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.shapes import around, rank
from tfgen_export.handlers.value import Value

__all__ = ["GatherV2", "OneHot", "Select", "Where"]


@tf_op("GatherV2")
class GatherV2:
    """Slices along an axis by their indices, in each entry of a batch by its own where there are batch axes: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, indices, axis = b.inputs
        batch = _batch_axes(b, indices, node.get_attr_value("batch_dims", 0))
        if batch and _is_elementwise(x, indices, axis, batch):
            b.finish(b("GatherElements", x, indices, axis=batch))
        elif batch:
            b.finish(_gather_in_batches(b, x, indices, axis, batch))
        elif axis.known is not None:
            b.finish(b("Gather", x, indices, axis=int(axis.known)))
        else:
            before, size, after = around(b, x, axis)
            blocks = b("Concat", b("ReduceProd", before), size, b.integers(-1), axis=0)
            found = b("Gather", b("Reshape", x, blocks), indices, axis=1)
            b.finish(b("Reshape", found, b("Concat", before, b("Shape", indices), after, axis=0)))


def _batch_axes(b: Builder, indices: Value, count: int) -> int:
    if count >= 0:
        return count
    if indices.shape is None:
        raise ConversionError(
            f"GatherV2 (node {b.node.name!r}) needs indices of a known rank where `batch_dims` is negative. "
            f"Received: batch_dims={count}"
        )
    return count + len(indices.shape)


def _is_elementwise(x: Value, indices: Value, axis: Value, batch: int) -> bool:
    """Whether all axes but the last are of the batch: a spline's bins, each point's parameters by its own."""
    if x.shape is None or indices.shape is None or axis.known is None:
        return False
    last = len(x.shape) - 1
    return len(indices.shape) - 1 == last == batch == int(axis.known) % len(x.shape)


def _gather_in_batches(b: Builder, x: Value, indices: Value, axis: Value, batch: int) -> Value:
    """[*batch, *between, size, *after] by [*batch, *places] to [*batch, *between, *places, *after]."""
    before, size, after = around(b, x, axis)
    places = b.sizes(indices, batch)
    outer, between = (
        b("Slice", before, b.integers(start), b.integers(end)) for start, end in ((0, batch), (batch, 2**63 - 1))
    )

    def total(sizes: Value) -> Value:
        return b("ReduceProd", sizes)

    # All batch axes as one, which the axes between become a part of: each of their entries takes all the indices.
    one = b.integers(1)
    rows = b("Reshape", indices.cast(np.int64), b("Concat", total(outer), one, total(places), axis=0))
    rows = b("Expand", rows, b("Concat", one, total(between), one, axis=0))
    rows = b("Reshape", rows, b("Concat", total(before), total(places), one, axis=0))
    blocks = b("Reshape", x, b("Concat", total(before), size, total(after), axis=0))
    return b("Reshape", b("GatherND", blocks, rows, batch_dims=1), b("Concat", before, places, after, axis=0))


@tf_op("OneHot")
class OneHot:
    """Vectors of one value, with another at the index; without it where the index is no place in the vector: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        indices, depth, on, off = b.inputs
        axis = node.get_attr_value("axis", -1)
        depth = b("Squeeze", depth.cast(np.int64)) if depth.shape is None else depth.cast(np.int64)
        places = b("Range", b.constant(0, np.int64), depth, b.constant(1, np.int64))
        if axis != -1:
            after = rank(b, indices) - axis
            places = b("Reshape", places, b("Concat", b.integers(-1), b("Expand", b.integers(1), after), axis=0))
        here = b("Unsqueeze", indices.cast(np.int64), b.integers(axis)).equals(places)
        if on.known is not None and off.known is not None and on.known == 1 and off.known == 0:
            b.finish(here.cast(on.dtype))
        else:
            b.finish(b.where(here, on, off))


@tf_op("Where")
class Where:
    """The indices of what is not zero: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b("Transpose", b("NonZero", b.inputs[0].cast(np.bool_)), perm=[1, 0]))


@tf_op("Select")
class Select:
    """One of two tensors, entry by entry, or row by row if the condition is a vector: exact but that −0 may be 0."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        condition, first, second = b.inputs
        lacking = rank(b, first) - rank(b, condition)
        if first.shape is None or condition.shape is None or len(first.shape) != len(condition.shape):
            shape = b("Concat", b("Shape", condition), b("Expand", b.integers(1), lacking), axis=0)
            condition = b("Reshape", condition, shape)
        b.finish(b.where(condition, first, second))
