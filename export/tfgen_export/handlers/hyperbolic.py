"""Hyperbolic functions and their inverses, which ONNX Runtime has in float32 only.

The errors stated are the largest relative ones where the result is a normal number, measured in ONNX Runtime on x86-64:
in float32 against float64 on every 1999th of all bit patterns, in float64 against extended precision on two million
points or more.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.precision import rational, sign
from tfgen_export.handlers.value import Value

__all__ = ["Acosh", "Asinh", "Atanh", "Cosh", "Sinh"]

# Interpolations at Chebyshev nodes in 60 digits, to 4·10⁻¹⁸ of the function: (f(x)/x − 1)/x² of x², for sinh x up
# to 1, arsinh x and artanh x up to 1/2, and (arcosh(1 + t)/√(2t) − 1)/t of t up to 1.
_SINH = (
    0.16666666666666666,
    0.008333333333333299,
    0.00019841269841324198,
    2.7557319191381816e-06,
    2.5052117695907823e-08,
    1.6057679623801638e-10,
    7.746178593018827e-13,
)
_ASINH = (
    (
        -0.16666666666666666,
        -0.27295510057610783,
        -0.13185447164269262,
        -0.01793872230858837,
        -0.00013276354768938285,
    ),
    (1.0, 2.0877306034565946, 1.462748458560209, 0.38894725212859144, 0.03035816396973556),
)
_ACOSH = (
    (
        -0.08333333333333333,
        -0.0859754319186422,
        -0.029783640122604236,
        -0.003938788969140718,
        -0.0001580791083923394,
        -3.0345603585198614e-07,
    ),
    (
        1.0,
        1.2567051830237015,
        0.5731980619374969,
        0.11486712496105085,
        0.009604554286348961,
        0.00024426503722231455,
    ),
)
_ATANH = (
    (0.3333333333333333, -0.7020061122538018, 0.49118177198285506, -0.1270265503980334, 0.008886767715952213),
    (
        1.0,
        -2.706018336761409,
        2.668584889434387,
        -1.155841773881697,
        0.2057649691616069,
        -0.010390754188190627,
    ),
)
_SHIFT = 169.12791205662666  # 244·log 2 to 10⁻¹⁶, with zeros behind so that differences from it are exact
_LARGE = 2.0**28  # from here on x² + 1 and x² − 1 are x²


def _translate(context: Any, node: Any, function: Callable[[Builder, Value], Value]) -> None:
    b = Builder(context, node)
    x = b.inputs[0]
    b.finish(function(b, x) if b.dtype == np.float64 else b(node.type, x))


@tf_op("Sinh")
class Sinh:
    """sinh x: ONNX Runtime's own in float32, and what it lacks in float64.

    x plus an odd polynomial up to 1, and (eˣ − e⁻ˣ)/2 beyond.

    Largest relative error: 1.5·10⁻⁷ in float32, 3.7·10⁻¹⁶ in float64 (TensorFlow's own: 1.5·10⁻⁷ and 3.3·10⁻¹⁶).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        _translate(context, node, _sinh)


@tf_op("Cosh")
class Cosh:
    """cosh x: ONNX Runtime's own in float32, and what it lacks in float64.

    Largest relative error: 1.4·10⁻⁷ in float32, 3.4·10⁻¹⁶ in float64 (TensorFlow's own: 1.4·10⁻⁷ and 3.3·10⁻¹⁶).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        _translate(context, node, _cosh)


@tf_op("Asinh")
class Asinh:
    """arsinh x: ONNX Runtime's own in float32, and what it lacks in float64.

    x plus a rational correction up to 1/2, and log(x + √(x² + 1)) beyond.

    Largest relative error: 1.4·10⁻⁷ in float32, 4.0·10⁻¹⁶ in float64 (TensorFlow's own: 1.4·10⁻⁷ and 2.6·10⁻¹⁶).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        _translate(context, node, _asinh)


@tf_op("Acosh")
class Acosh:
    """arcosh x, NaN below 1: ONNX Runtime's own in float32, and what it lacks in float64.

    √(2t) plus a rational correction for t = x − 1 up to 1, and log(x + √(x² − 1)) beyond.

    Largest relative error: 1.3·10⁻⁷ in float32, 3.6·10⁻¹⁶ in float64 (TensorFlow's own: 1.3·10⁻⁷ and 2.6·10⁻¹⁶).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        _translate(context, node, _acosh)


@tf_op("Atanh")
class Atanh:
    """artanh x, ±∞ at ±1 and NaN beyond: ONNX Runtime's own in float32, and what it lacks in float64.

    x plus a rational correction up to 1/2, and log((1 + x)/(1 − x))/2 beyond.

    Largest relative error: 1.3·10⁻⁷ in float32, 2.8·10⁻¹⁶ in float64 (TensorFlow's own: 1.4·10⁻⁷ and 2.8·10⁻¹⁶).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        _translate(context, node, _atanh)


def _half_exponential(b: Builder, x: Value) -> Value:
    """eˣ/2 for x ≥ 0, also where eˣ itself overflows."""
    large = x > 709.0
    shifted = x - b.where(large, b.constant(_SHIFT), 0.0)
    return b("Exp", shifted) * b.where(large, b.constant(2.0**243), 0.5)


def _sinh(b: Builder, x: Value) -> Value:
    size = abs(x)
    square = b("Min", size, 1)
    square = square * square
    near = size + size * (square * b.polynomial(square, _SINH))
    half = _half_exponential(b, size)
    return b.where(size < 1, near, half - 0.25 / half) * sign(b, x)


def _cosh(b: Builder, x: Value) -> Value:
    half = _half_exponential(b, abs(x))
    return half + 0.25 / half


def _asinh(b: Builder, x: Value) -> Value:
    size = abs(x)
    bounded = b("Min", size, _LARGE)
    square = bounded * bounded
    near = size + size * (square * rational(b, square, *_ASINH))
    far = _log(b, size, bounded + b("Sqrt", square + 1))
    return b.where(size < 0.5, near, far) * sign(b, x)


def _acosh(b: Builder, x: Value) -> Value:
    t = b("Min", x - 1, 1)
    near = b("Sqrt", 2 * t)
    near = near + near * (t * rational(b, t, *_ACOSH))
    bounded = b("Min", x, _LARGE)
    far = _log(b, x, bounded + b("Sqrt", bounded * bounded - 1))
    return b.where(x < 2, near, far)


def _log(b: Builder, x: Value, value: Value) -> Value:
    """log `value`, and log 2x for large x."""
    large = x > _LARGE
    return b("Log", b.where(large, x, value)) + b.where(large, b.constant(np.log(2)), 0.0)


def _atanh(b: Builder, x: Value) -> Value:
    size = abs(x)
    square = b("Min", size, 0.5)
    square = square * square
    near = size + size * (square * rational(b, square, *_ATANH))
    far = b("Log", (1 + size) / (1 - size)) * 0.5
    return b.where(size < 0.5, near, far) * sign(b, x)
