"""Tensors with a margin."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder

__all__ = ["Pad"]

_NARROW = tuple(np.dtype(kind) for kind in ("int16", "uint16"))


@tf_op(["Pad", "PadV2"])
class Pad:
    """A tensor with entries of one value before and after it along each axis: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, margins, *value = (entry.cast(np.int32) if entry.dtype in _NARROW else entry for entry in b.inputs)
        amounts = b("Reshape", b("Transpose", margins.cast(np.int64), perm=[1, 0]), b.integers(-1))
        b.finish(b("Pad", x, amounts, *value, mode="constant").cast(b.dtype))
