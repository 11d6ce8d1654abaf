"""Reductions along axes, which may be computed, as those of a tensor of unknown rank are."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.shapes import around
from tfgen_export.handlers.value import Value

__all__ = ["AllAny", "ArgMaxMin", "EuclideanNorm", "MaxMin", "Mean", "Prod", "reduce"]


def reduce(b: Builder, operator: str, x: Value) -> Value:
    """A reduction of a tensor like the first input along the axes of the second; along none where that is empty."""
    known, shape = b.inputs[1].known, b.inputs[0].shape
    if known is not None and shape is not None:
        # Of nothing, ONNX Runtime 1.31 reduces along no negative axis.
        axes = b.integers(*(int(axis) % len(shape) for axis in known.ravel()))
    else:
        axes = b("Reshape", b.inputs[1].cast(np.int64), b.integers(-1))
    keep = int(bool(b.node.get_attr_value("keep_dims", False)))
    return b(operator, x, axes, keepdims=keep, noop_with_empty_axes=1)


@tf_op(["Max", "Min"])
class MaxMin:
    """The largest or smallest entry, NaN where there is one: exact.

    ONNX Runtime skips NaN that does not come first.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, operator = b.inputs[0], f"Reduce{node.type}"
        if not np.issubdtype(b.dtype, np.floating):
            wide = x.cast(np.int64) if b.dtype.itemsize < 4 or np.dtype(b.dtype) == np.uint32 else x
            b.finish(reduce(b, operator, wide).cast(b.dtype))
            return
        found = reduce(b, operator, x)
        if not any(user.type == "IsFinite" for user in context.find_output_consumers(node.output[0])):
            missing = reduce(b, "ReduceMax", b("IsNaN", x).cast(np.uint8)).cast(np.bool_)
            found = b.where(missing, np.nan, found)
        b.finish(found)


@tf_op("Prod")
class Prod:
    """The product: of integers exact up to 2⁵³."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x = b.inputs[0]
        whole = np.issubdtype(b.dtype, np.integer)
        b.finish(reduce(b, "ReduceProd", x.cast(np.int64) if whole else x).cast(b.dtype))


@tf_op("Mean")
class Mean:
    """The mean; 0 of nothing, where TensorFlow's is NaN."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(reduce(b, "ReduceMean", b.inputs[0]))


@tf_op("EuclideanNorm")
class EuclideanNorm:
    """√Σx²."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b("Sqrt", reduce(b, "ReduceSum", b.inputs[0] * b.inputs[0])))


@tf_op(["All", "Any"])
class AllAny:
    """Whether all entries are true, or any: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        operator = "ReduceMin" if node.type == "All" else "ReduceMax"
        b.finish(reduce(b, operator, b.inputs[0].cast(np.uint8)).cast(np.bool_))


@tf_op(["ArgMax", "ArgMin"])
class ArgMaxMin:
    """Where the largest or smallest entry stands, the first of equals, NaN passed over as TensorFlow does: exact.

    Along an axis that is computed, the tensor is taken as one of three axes.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, axis = b.inputs
        wanted = b.dtype_of(node.output[0])
        if np.issubdtype(b.dtype, np.floating):
            x = b.where(b("IsNaN", x), -np.inf if node.type == "ArgMax" else np.inf, x)
        if axis.known is not None:
            b.finish(b(node.type, x, axis=int(axis.known), keepdims=0).cast(wanted))
            return
        before, size, after = around(b, x, axis)
        blocks = b("Concat", b("ReduceProd", before), size, b("ReduceProd", after), axis=0)
        found = b(node.type, b("Reshape", x, blocks), axis=1, keepdims=0)
        b.finish(b("Reshape", found, b("Concat", before, after, axis=0)).cast(wanted))
