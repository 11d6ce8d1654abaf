"""Search and order, in the type of the values: tf2onnx orders all of them as float32."""

from typing import Any

import numpy as np
from tf2onnx import utils
from tf2onnx.handler import tf_op

from tfgen_export.errors import ConversionError
from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.matrices import indices
from tfgen_export.handlers.shapes import around
from tfgen_export.handlers.value import Value

__all__ = ["Bucketize", "TopKV2", "UniqueV2"]

_NATIVE = tuple(np.dtype(kind) for kind in ("float32", "float64", "int32", "int64", "uint64"))


@tf_op("TopKV2")
class TopKV2:
    """The k largest entries along the last axis, and where they stand; of equals the first: exact.

    `tf.sort` and `tf.argsort` are made of it.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        values, count = b.inputs
        if np.dtype(b.dtype) not in _NATIVE:
            # What ONNX Runtime cannot order has a wider type that it can.
            values = values.cast(np.float32 if np.issubdtype(b.dtype, np.floating) else np.int64)
        count = b("Reshape", count.cast(np.int64), b.integers(1))
        ordered = bool(node.get_attr_value("sorted", True))
        found = b.outputs("TopK", values, count, count=2, sorted=int(ordered))
        wanted = [b.dtype, utils.map_onnx_to_numpy_type(node.output_dtypes[1])]
        b.finish(*(value.cast(dtype) for value, dtype in zip(found, wanted, strict=True)))


@tf_op(["Unique", "UniqueWithCounts", "UniqueV2", "UniqueWithCountsV2"])
class UniqueV2:
    """The different slices along an axis as they first come, which of them each is, and how many are: exact.

    What has a NaN is like nothing else, and 0 is −0. ONNX Runtime takes all for one where there is a NaN: here
    each such slice has a mark of its own. Any slice has one, for those without entries end ONNX Runtime's process.

    Raises:
        ConversionError: for an axis that is computed.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, *given = b.inputs
        axes = given[0].known if given else np.zeros(0)
        if axes is None:
            raise ConversionError(f"{node.type} (node {node.name!r}) needs a constant axis. Received: a tensor")
        # Without an axis, TensorFlow wants a vector.
        axis = int(axes.ravel()[0]) if axes.size else 0
        floating = np.issubdtype(b.dtype, np.floating)
        keys = x.cast(np.float64 if floating else np.int64)
        keys = _marked(b, keys, b.constant(axis, np.int64)) if floating or given else keys
        _, first, places, counts = b.outputs("Unique", keys, count=4, axis=0, sorted=0)
        results = [b("Gather", x, first, axis=axis), places, counts][: len(node.output)]
        b.finish(*(value.cast(b.dtype_of(name)) for value, name in zip(results, node.output, strict=True)))


def _marked(b: Builder, x: Value, axis: Value) -> Value:
    """The slices as rows, without NaN, and beside each 0 or, where it had one, its number from 1 on."""
    blocks = b("Transpose", b("Reshape", x, _blocks(b, x, axis), allowzero=1), perm=[1, 0, 2])
    rows = b("Flatten", blocks, axis=1)
    numbers = indices(b, b.sizes(rows, 0, 1), -1, 1) + 1
    if rows.dtype == np.int64:
        return b("Concat", rows, 0 * numbers, axis=1)
    missing = b("IsNaN", rows)
    mark = b("ReduceMax", b("Concat", missing.cast(np.int64) * numbers, 0 * numbers, axis=1), b.integers(1))
    return b("Concat", b.where(missing, 0, rows), mark.cast(np.float64), axis=1)


def _blocks(b: Builder, x: Value, axis: Value) -> Value:
    before, size, after = around(b, x, axis)
    return b("Concat", b("ReduceProd", before), size, b("ReduceProd", after), axis=0)


@tf_op("Bucketize")
class Bucketize:
    """How many of the ascending boundaries are not above each number; all of them for NaN: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        # TensorFlow keeps the boundaries as float32, and compares as such what is not float64.
        wide = np.float64 if b.dtype == np.float64 else np.float32
        bounds = b.constant(np.asarray(node.get_attr_value("boundaries") or [], np.float32), wide)
        x = b("Reshape", b.inputs[0].cast(wide), b.integers(-1, 1))
        count = b("ReduceSum", (~(x < bounds)).cast(np.int32), b.integers(1), keepdims=0)
        b.finish(b("Reshape", count, b("Shape", b.inputs[0]), allowzero=1))
