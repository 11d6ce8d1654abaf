"""Search and order, in the type of the values: tf2onnx orders all of them as float32."""

from typing import Any

import numpy as np
from onnx import TensorProto
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
            wider = TensorProto.FLOAT if np.issubdtype(b.dtype, np.floating) else TensorProto.INT64
            values = b("Cast", values, to=wider)
        count = b("Reshape", b("Cast", count, to=TensorProto.INT64), b.integers(1))
        ordered = bool(node.get_attr_value("sorted", True))
        found = context.make_node("TopK", [values, count], attr={"sorted": int(ordered)}, output_count=2)
        b.finish(*(b("Cast", name, to=to) for name, to in zip(found.output, node.output_dtypes, strict=True)))
