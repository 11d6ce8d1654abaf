"""Standard normals between −2 and 2."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.random.draw import Draw
from tfgen_export.handlers.random.normal import normals
from tfgen_export.handlers.random.philox import random_bits
from tfgen_export.handlers.random.rejection import reject
from tfgen_export.handlers.random.stream import count_from_zero, interleave
from tfgen_export.handlers.value import Value

__all__ = ["StatelessTruncatedNormal"]

_RESERVED = 64  # groups of 128 bits that TensorFlow sets aside for each number
_LIMIT = 2.0


@tf_op(["StatelessTruncatedNormal", "StatelessTruncatedNormalV2"])
class StatelessTruncatedNormal:
    """Standard normals, drawn again where |x| ≥ 2.

    Four numbers (two in float64) take the first normals within the limits of a stream of their own. One in about a
    hundred million normals is so close to a limit that its last digit decides; the others of its group then differ.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        draw = Draw(b)
        kind = np.dtype(np.float64 if draw.dtype == np.float64 else np.float32)
        width = 16 // kind.itemsize
        groups = count_from_zero(b, (draw.size + (width - 1)) / width)
        first = groups * (_RESERVED * width)

        def attempt(
            step: Value, _: Value, first: Value, filled: Value, slots: Value
        ) -> tuple[Value, Value, list[Value]]:
            index = b("Unsqueeze", first + step.cast(np.uint64), b.integers(0))
            parts = normals(b, *random_bits(b, draw.key, draw.counter, index), dtype=kind)
            candidates = b("Reshape", interleave(b, *parts), b.integers(-1, width))
            inside = abs(candidates) < _LIMIT
            counted = inside.cast(np.int32)
            # The place of each candidate among those within the limits, as one of the slots.
            place = b("Unsqueeze", filled, b.integers(1)) + b("CumSum", counted, b.constant(1, np.int64), exclusive=1)
            chosen = b("Unsqueeze", place, b.integers(2)).equals(b.constant(np.arange(width), np.int32))
            chosen = chosen & b("Unsqueeze", inside, b.integers(2))
            value = b.where(chosen, b("Unsqueeze", candidates, b.integers(2)), b.constant(0, kind))
            slots = slots + b("ReduceSum", value, b.integers(1), keepdims=0)
            filled = filled + b("ReduceSum", counted, b.integers(1), keepdims=0)
            return filled >= width, slots, [first, filled, slots]

        shape = b("Shape", groups)
        none = b("Expand", b.constant(0, np.int32), shape)
        empty = b("Expand", b.constant(0, kind), b("Concat", shape, b.integers(width), axis=0))
        drawn = b("Reshape", reject(b, attempt, empty, [first, none, empty]), b.integers(-1))
        wanted = b("Slice", drawn, b.integers(0), b("Reshape", draw.size, b.integers(1)))
        b.finish(draw.shaped(wanted).cast(draw.dtype))
