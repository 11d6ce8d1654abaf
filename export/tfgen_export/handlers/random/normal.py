"""Standard normals by the transform of Box and Muller."""

from functools import partial
from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.random.draw import Draw
from tfgen_export.handlers.random.uniform import uniform_32, uniform_64
from tfgen_export.handlers.value import Value

__all__ = ["StatelessRandomNormal", "box_muller", "normals"]

_SMALLEST = 1e-7


@tf_op(["StatelessRandomNormal", "StatelessRandomNormalV2"])
class StatelessRandomNormal:
    """√(−2 log u)·sin 2πv and √(−2 log u)·cos 2πv of two uniforms u ≥ 10⁻⁷ and v, in the output's type.

    Largest error, with 2πv as rounded to that type, on six million numbers: 5.8·10⁻⁷ in float32, 1.7·10⁻¹⁵ in float64
    (TensorFlow's own: 5.7·10⁻⁷ and 1.0·10⁻¹⁵); largest difference from TensorFlow's: 9.6·10⁻⁷ and 1.8·10⁻¹⁵.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        draw = Draw(b)
        per_group = 2 if draw.dtype == np.float64 else 4
        b.finish(draw.fill(partial(normals, b, dtype=draw.dtype), per_group=per_group))


def normals(b: Builder, even: Value, odd: Value, *, dtype: Any) -> tuple[Value, Value]:
    """The sines and cosines from each group of four words, as `numbers` wants them.

    Args:
        b: where the nodes go.
        even: the words 0 and 2, [2, groups].
        odd: the words 1 and 3.
        dtype: float64 gives two [1, groups], float32 and float16 (which is computed in float32) two [2, groups].
    """
    if np.dtype(dtype) == np.float64:
        u, v = b.outputs("Split", uniform_64(even, odd), b.integers(1, 1), count=2, axis=0)
        return box_muller(b, u, v)
    # The product with 2π is one of float64 in TensorFlow's kernel, too.
    angle = ((odd & 0x7FFFFF).cast(np.float64) * (2 * np.pi * 2.0**-23)).cast(np.float32)
    sine, cosine = _transform(b, uniform_32(even), angle)
    return sine.cast(dtype), cosine.cast(dtype)


def box_muller(b: Builder, u: Value, v: Value) -> tuple[Value, Value]:
    """The sines and cosines from two uniforms of float64 each."""
    return _transform(b, u, v * (2 * np.pi))


def _transform(b: Builder, u: Value, angle: Value) -> tuple[Value, Value]:
    radius = b("Sqrt", b("Log", b("Max", u, _SMALLEST)) * -2)
    return radius * b("Sin", angle), radius * b("Cos", angle)
