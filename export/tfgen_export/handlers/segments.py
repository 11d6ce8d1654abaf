"""Reductions of the slices that have the same number."""

from typing import Any

import numpy as np
from onnx import numpy_helper
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.scattering import scatter_rows
from tfgen_export.handlers.value import Value

__all__ = ["Segment", "UnsortedSegment"]

_REDUCTIONS = {"Sum": "add", "Mean": "add", "Prod": "mul", "Max": "max", "Min": "min"}


@tf_op(["SegmentSum", "SegmentMean", "SegmentProd", "SegmentMax", "SegmentMin"])
class Segment:
    """Of slices whose numbers ascend; where a number is missing, 1 for the product and 0 for the others."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        data, numbers = b.inputs
        numbers = numbers.cast(np.int64)
        kind = node.type.removeprefix("Segment")
        count = b("ReduceMax", b("Concat", b.integers(-1), numbers, axis=0)) + 1
        found = _reduce(b, data, numbers, count, kind, infinite=True)
        if kind in ("Mean", "Max", "Min"):
            ones = b("Expand", b.integers(1), b("Shape", numbers))
            many = _reduce(b, ones, numbers, count, "Sum")
            rest = b("Expand", b.integers(1), b("Shape", b.sizes(data, 1)))
            many = b("Reshape", many, b("Concat", count, rest, axis=0))
            if kind == "Mean":
                found = found / b("Max", many, b.integers(1)).cast(b.dtype)
            else:
                found = b.where(many > 0, found, 0)
        b.finish(found)


@tf_op(["UnsortedSegmentSum", "UnsortedSegmentProd", "UnsortedSegmentMax", "UnsortedSegmentMin"])
class UnsortedSegment:
    """Of slices in any order; a missing number's is the neutral element, and negative numbers are left out."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        data, numbers, count = b.inputs
        count = b("Reshape", count.cast(np.int64), b.integers(1))
        if numbers.shape is None or len(numbers.shape) != 1:
            rank = b("Shape", b("Shape", numbers))
            sizes = b("Slice", b("Shape", data), rank, b.integers(2**63 - 1))
            data = b("Reshape", data, b("Concat", b("ReduceProd", b("Shape", numbers)), sizes, axis=0))
            numbers = b("Reshape", numbers, b.integers(-1))
        numbers = numbers.cast(np.int64)
        # What is left out goes to one more segment at the end.
        found = _reduce(b, data, b.where(numbers < 0, count, numbers), count + 1, node.type[15:])
        b.finish(b("Slice", found, b.integers(0), b.integers(-1), b.integers(0)))


def _reduce(b: Builder, data: Value, numbers: Value, count: Value, kind: str, *, infinite: bool = False) -> Value:
    neutral = numpy_helper.from_array(np.array([_neutral(data.dtype, kind, infinite=infinite)], data.dtype))
    rows = b("Flatten", data, axis=1)
    start = b("ConstantOfShape", b("Concat", count, b.sizes(rows, 1), axis=0), value=neutral)
    found = scatter_rows(b, start, numbers, rows, _REDUCTIONS[kind])
    return b("Reshape", found, b("Concat", count, b.sizes(data, 1), axis=0), allowzero=1)


def _neutral(dtype: Any, kind: str, *, infinite: bool) -> Any:
    if kind in ("Max", "Min"):
        floating = np.issubdtype(dtype, np.floating)
        if floating and infinite:
            return -np.inf if kind == "Max" else np.inf
        info = np.finfo(dtype) if floating else np.iinfo(dtype)
        return info.min if kind == "Max" else info.max
    return int(kind == "Prod")
