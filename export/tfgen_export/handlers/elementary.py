"""Functions of one or two numbers that tf2onnx lacks, or ONNX Runtime has with too few digits.

The errors stated are the largest relative ones where the result is a normal number, measured in ONNX Runtime on x86-64:
in float32 against float64 on every 1999th of all bit patterns, in float64 against extended precision on three million
points.
"""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = ["Inv", "NextAfter", "Selu", "Sigmoid", "Softsign", "TruncateMod"]

_SELU_SCALE, _SELU_SLOPE = 1.0507009873554805, 1.7580993408473768  # λ and λ·α


@tf_op("Sigmoid")
class Sigmoid:
    """1/(1 + e⁻ˣ).

    ONNX Runtime's own loses all digits of a small result, below −17 in float32 and −30 in float64. Largest relative
    error: 1.4·10⁻⁷ in float32, 3.6·10⁻¹⁶ in float64 (TensorFlow's own: 4.5·10⁻⁷ and 3.9·10⁻¹⁶).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        # Where the exponential overflows, the result is subnormal, and 0 here.
        b.finish(b("Reciprocal", 1 + b("Exp", -b.inputs[0])))


@tf_op("Softsign")
class Softsign:
    """x/(1 + |x|), which ONNX Runtime's own has twice the error of in float32.

    Largest relative error: 1.2·10⁻⁷ in float32, 2.3·10⁻¹⁶ in float64 (TensorFlow's own: the same two).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b.inputs[0] / (1 + abs(b.inputs[0])))


@tf_op("Selu")
class Selu:
    """λ·x for x > 0 and λ·α·(eˣ − 1) else; ONNX's own has its two constants in float32, for float64 too."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x = b.inputs[0]
        if b.dtype == np.float64:
            b.finish(b("Relu", x) * _SELU_SCALE + (b("Exp", b("Min", x, 0)) - 1) * _SELU_SLOPE)
        else:
            b.finish(b("Selu", x))


@tf_op("Inv")
class Inv:
    """1/x: correctly rounded."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b("Reciprocal", b.inputs[0]))


@tf_op("TruncateMod")
class TruncateMod:
    """The remainder of a division rounded towards zero, with the sign of the dividend: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, y = b.inputs
        # ONNX Runtime's Mod takes this remainder of integers in float64.
        b.finish(b("Mod", x, y, fmod=1) if np.issubdtype(b.dtype, np.floating) else x - x / y * y)


@tf_op("NextAfter")
class NextAfter:
    """The floating-point number next to x in the direction of y: exact.

    A bit more than half a unit of the last place is added, or subtracted, and rounding to nearest does the rest.

    Reference:
        Rump, Zimmermann, Boldo, Melquiond, *Computing predecessor and successor in rounding to nearest*, BIT
        Numerical Mathematics 49, 2009.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, y = b.inputs
        b.finish(_next(b, x, y))


def _next(b: Builder, x: Value, y: Value) -> Value:
    info = np.finfo(x.dtype)
    unit = float(info.eps) / 2
    up = b.where(y > x, b.constant(1), -1)
    # Small numbers are scaled, so that the step is no subnormal number; of those below, the step is the least one.
    scale = 2.0 ** (info.nmant + 3)
    small, tiny = abs(x) < float(info.tiny) * scale, abs(x) < 2 * float(info.tiny)
    scaled = b.where(small, x * scale, x)
    moved = scaled + up * (abs(scaled) * (unit * (1 + 2 * unit)))
    moved = b.where(small, moved / scale, moved)
    moved = b.where(tiny, x + up * info.smallest_subnormal, moved)
    # Infinity minus a step would be NaN.
    moved = b.where(b("IsInf", x), b("Clip", x, float(info.min), float(info.max)), moved)
    return b.where(x.equals(y) | b("IsNaN", y), y, moved)
