"""Tensors put together and taken apart, along axes that may be computed."""

import itertools
from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.shapes import around
from tfgen_export.handlers.value import Value

__all__ = ["ConcatV2", "Pack", "Split", "SplitV", "Unpack"]


@tf_op("Pack")
class Pack:
    """Tensors of one shape along a new axis: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        axis = node.get_attr_value("axis", 0)
        b.finish(b("Concat", *(b("Unsqueeze", value, b.integers(axis)) for value in b.inputs), axis=axis))


@tf_op("Unpack")
class Unpack:
    """A tensor's parts along an axis, without that axis: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        axis, count = node.get_attr_value("axis", 0), len(node.output)
        b.finish(*(b("Gather", b.inputs[0], b.constant(index, np.int64), axis=axis) for index in range(count)))


@tf_op("ConcatV2")
class ConcatV2:
    """Tensors one after the other along an axis: exact.

    Along an axis that is computed, the tensors are joined as matrices, whose rows are what comes before it.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        *values, axis = b.inputs
        if axis.known is not None:
            b.finish(values[0] if len(values) == 1 else b("Concat", *values, axis=int(axis.known)))
            return
        before, _, after = around(b, values[0], axis)
        rows = b("Concat", b("ReduceProd", before), b.integers(-1), axis=0)
        joined = b("Concat", *(b("Reshape", value, rows) for value in values), axis=1)
        size, *others = (around(b, value, axis)[1] for value in values)
        for other in others:
            size = size + other
        b.finish(b("Reshape", joined, b("Concat", before, size, after, axis=0)))


@tf_op("Split")
class Split:
    """A tensor's equal parts along an axis: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        axis, value = b.inputs
        count = len(node.output)
        if count == 1:
            b.finish(value)
        elif axis.known is not None:
            b.finish(*b.outputs("Split", value, count=count, axis=int(axis.known), num_outputs=count))
        else:
            place = b("Reshape", axis.cast(np.int64), b.integers(1))
            size = b("Gather", b("Shape", value), place, axis=0) / count
            ends = [b.integers(0), *(size * (index + 1) for index in range(count))]
            b.finish(*(b("Slice", value, start, end, place) for start, end in itertools.pairwise(ends)))


@tf_op("SplitV")
class SplitV:
    """A tensor's parts of given sizes along an axis, of which one may be −1, the rest: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        value, sizes, axis = b.inputs
        count = len(node.output)
        if count == 1:
            b.finish(value)
            return
        place = b("Reshape", axis.cast(np.int64), b.integers(1))
        sizes = _whole(b, value, sizes.cast(np.int64), place)
        if axis.known is not None:
            b.finish(*b.outputs("Split", value, sizes, count=count, axis=int(axis.known)))
            return
        ends, parts = b("CumSum", sizes, b.constant(0, np.int64)), []
        starts = ends - sizes
        for index in range(count):
            bounds = [b("Gather", at, b.integers(index), axis=0) for at in (starts, ends)]
            parts.append(b("Slice", value, *bounds, place))
        b.finish(*parts)


def _whole(b: Builder, value: Value, sizes: Value, place: Value) -> Value:
    """Sizes without −1."""
    known = b.inputs[1].known
    if known is not None and min(known) >= 0:
        return b.integers(*known)
    lacking = b("Gather", b("Shape", value), place, axis=0) - b("ReduceSum", b("Max", sizes, b.integers(0)))
    return b.where(sizes < 0, lacking, sizes)
