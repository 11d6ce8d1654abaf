"""The same bits read as another type."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.errors import ConversionError
from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = ["Bitcast", "LeftShift", "RightShift"]


@tf_op("Bitcast")
class Bitcast:
    """Integers of 64 or 32 bits read as the other sign or the other width: exact.

    A number of 64 bits has its lower 32 first, along a new last axis. ONNX has an operator for it from opset 26 on;
    before, a Cast of integers keeps the bits, and halves are shifted.

    Raises:
        ConversionError: for the bits of floating-point numbers, and other widths.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, target = b.inputs[0], b.dtype_of(node.output[0])
        b.finish(_bitcast(b, x, target))


def _bitcast(b: Builder, x: Value, target: np.dtype) -> Value:
    source = np.dtype(x.dtype)
    if source == target:
        return x
    sizes = (source.itemsize, target.itemsize)
    if not all(np.issubdtype(dtype, np.integer) for dtype in (source, target)) or not {*sizes} <= {4, 8}:
        raise ConversionError(
            f"Bitcast (node {b.node.name!r}) needs integers of 32 or 64 bits. Received: {source} to {target}"
        )
    if sizes == (8, 4):
        wide = x.cast(np.uint64)
        halves = [b("Unsqueeze", half, b.integers(-1)) for half in (wide & (2**32 - 1), wide >> 32)]
        return b("Concat", *halves, axis=-1).cast(np.uint32).cast(target)
    if sizes == (4, 8):
        words = x.cast(np.uint32).cast(np.uint64)
        low, high = (b("Gather", words, b.constant(index, np.int64), axis=-1) for index in (0, 1))
        return (low | (high << 32)).cast(target)
    return x.cast(target)


@tf_op("LeftShift")
class LeftShift:
    """x·2ʸ modulo the type's range: exact for 0 ≤ y below its width."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, y = (value.cast(np.uint64) for value in b.inputs)
        b.finish((x << y).cast(b.dtype))


@tf_op("RightShift")
class RightShift:
    """⌊x / 2ʸ⌋: exact for 0 ≤ y below the type's width."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, y = b.inputs
        steps = y.cast(np.uint64)
        if np.issubdtype(b.dtype, np.unsignedinteger):
            b.finish((x.cast(np.uint64) >> steps).cast(b.dtype))
            return
        wide = x.cast(np.int64)
        # All bits of a negative number, and back: ⌊x / 2ʸ⌋ = −1 − ⌊(−1 − x) / 2ʸ⌋.
        flipped = b.where(wide < 0, ~wide, wide)
        shifted = (flipped.cast(np.uint64) >> steps).cast(np.int64)
        b.finish(b.where(wide < 0, ~shifted, shifted).cast(b.dtype))
