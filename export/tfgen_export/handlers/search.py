"""Search and order, in the type of the values: tf2onnx orders all of them as float32."""

from typing import Any

import numpy as np
from tf2onnx import utils
from tf2onnx.handler import tf_op

from tfgen_export.errors import ConversionError
from tfgen_export.handlers.builder import Builder

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


@tf_op(["UniqueV2", "UniqueWithCountsV2"])
class UniqueV2:
    """The different slices along an axis as they first come, which of them each is, and how many are."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, axis = b.inputs[0], b.inputs[1].known
        if axis is None:
            raise ConversionError(f"{node.type} (node {node.name!r}) needs a constant axis. Received: a tensor")
        native = np.dtype(b.dtype) in (np.float32, np.float64, np.int64, np.int8)
        # Without an axis, TensorFlow wants a vector.
        options = {"axis": int(axis.ravel()[0]) if axis.size else 0, "sorted": 0}
        found, _, places, counts = b.outputs("Unique", x if native else x.cast(np.int64), count=4, **options)
        results = [found.cast(b.dtype), places, counts][: len(node.output)]
        b.finish(*(value.cast(b.dtype_of(name)) for value, name in zip(results, node.output, strict=True)))


@tf_op("Bucketize")
class Bucketize:
    """How many of the ascending boundaries are not above each number; all of them for NaN: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x = b.inputs[0].cast(np.float64)
        # TensorFlow keeps the boundaries as float32, and compares them as such or wider.
        bounds = b.constant(np.asarray(node.get_attr_value("boundaries"), np.float32), np.float64)
        beyond = ~(b("Unsqueeze", x, b.integers(-1)) < bounds)
        b.finish(b("ReduceSum", beyond.cast(np.int32), b.integers(-1), keepdims=0))
