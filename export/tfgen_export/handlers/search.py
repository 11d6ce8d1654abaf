"""Search and order, in the type of the values: tf2onnx orders all of them as float32."""

from typing import Any

import numpy as np
from tf2onnx import utils
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder

__all__ = ["TopKV2"]

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
