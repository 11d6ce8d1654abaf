"""Entries and slices written to or combined at places."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.errors import ConversionError
from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = ["DynamicStitch", "ScatterNd", "TensorScatter", "scatter_rows"]

_REDUCTIONS = {"Add": "add", "Sub": "add", "Max": "max", "Min": "min", "Update": "none"}


@tf_op("ScatterNd")
class ScatterNd:
    """Zeros with some entries or slices added to; indices may repeat: exact but for the order of a place's sum."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        indices, updates, shape = b.inputs
        shape = shape.cast(np.int64)
        zeros = b.zeros(shape, updates.dtype)
        b.finish(_scatter(b, zeros, shape, indices, updates, "add"))


@tf_op([f"TensorScatter{kind}" for kind in _REDUCTIONS])
class TensorScatter:
    """A tensor with some entries or slices replaced, or combined with others; indices may repeat but for Update."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, indices, updates = b.inputs
        kind = node.type.removeprefix("TensorScatter")
        updates = -updates if kind == "Sub" else updates
        b.finish(_scatter(b, x, b("Shape", x), indices, updates, _REDUCTIONS[kind]))


@tf_op(["DynamicStitch", "ParallelDynamicStitch"])
class DynamicStitch:
    """Slices of several tensors put together, each at its index, of equal indices the last; zeros where none is.

    It is in the gradient of every sum over an axis. tf2onnx's own takes indices of rank one.

    Raises:
        ConversionError: where the rank of indices is not known.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        half = len(b.inputs) // 2
        indices, slices = b.inputs[:half], b.inputs[half:]
        ranks = [-1 if value.shape is None else len(value.shape) for value in indices]
        if min(ranks) < 0:
            raise ConversionError(f"{node.type} (node {node.name!r}) needs indices of known rank")
        rest = b.sizes(slices[0], ranks[0])
        single = b("Reshape", b("ReduceProd", rest), b.integers(1))
        places = b("Concat", *(b("Reshape", value.cast(np.int64), b.integers(-1)) for value in indices), axis=0)
        rows = b("Concat", *(_flat(b, value, single) for value in slices), axis=0)
        count = b("ReduceMax", b("Concat", b.integers(-1), places, axis=0)) + 1
        shape = b("Concat", count, single, axis=0)
        zeros = b.zeros(shape, rows.dtype)
        found = scatter_rows(b, zeros, places, rows, "none")
        b.finish(b("Reshape", found, b("Concat", count, rest, axis=0), allowzero=1))


def _flat(b: Builder, value: Value, size: Value) -> Value:
    """[..., *rest] to [rows, size], where one of both may be nought."""
    count = b("ReduceProd", b("Shape", value)) / b("Max", size, b.integers(1))
    return b("Reshape", value, b("Concat", count, size, axis=0), allowzero=1)


def _scatter(b: Builder, x: Value, shape: Value, indices: Value, updates: Value, reduction: str) -> Value:
    """Slices of x at indices, [..., depth], combined with updates, [..., *sizes after the depth]."""
    depth = -1 if not indices.shape else indices.shape[-1]
    if depth < 0:
        raise ConversionError(
            f"{b.node.type} (node {b.node.name!r}) needs indices whose last size is known. "
            f"Received: shape={indices.shape}"
        )
    places: Value = b("Expand", b.constant(0, np.int64), b("Shape", indices, end=-1))
    for axis in range(depth):
        place = b("Gather", indices.cast(np.int64), b.constant(axis, np.int64), axis=-1)
        places = places * b("Gather", shape, b.constant(axis, np.int64)) + place
    last = b.integers(2**63 - 1)
    sizes = b("ReduceProd", b("Slice", shape, b.integers(depth), last), b.integers(0))
    count = b("ReduceProd", b("Slice", shape, b.integers(0), b.integers(depth)), b.integers(0))
    places = b("Reshape", places, b.integers(-1))
    rows = b("Reshape", updates, b("Concat", b("Shape", places), sizes, axis=0), allowzero=1)
    found = scatter_rows(b, b("Reshape", x, b("Concat", count, sizes, axis=0), allowzero=1), places, rows, reduction)
    return b("Reshape", found, shape, allowzero=1)


def scatter_rows(b: Builder, x: Value, places: Value, rows: Value, reduction: str) -> Value:
    """Rows combined with those of x, [count, size], at places, [rows], which may repeat.

    `ScatterND` would be shorter, but ONNX Runtime lets two threads of it add to one entry at a time.
    """
    places = b("Expand", b("Unsqueeze", places, b.integers(1)), b("Shape", rows))
    return b("ScatterElements", x, places, rows, axis=0, reduction=reduction)
