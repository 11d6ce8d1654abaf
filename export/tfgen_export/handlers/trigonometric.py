"""Sines, cosines, tangents, of which ONNX Runtime has some in float32 only.

The errors stated are the largest relative ones where the result is a normal number, measured in ONNX Runtime on x86-64:
in float32 against float64 on every 1999th of all bit patterns, in float64 against extended precision on two million
points, among them those around 200,000 multiples of π/2.
"""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.precision import rounding_of_product, sign
from tfgen_export.handlers.value import Value

__all__ = ["Cos", "Sin", "Tan"]

# π/2 in three parts of 33 bits and the rest: multiples of the parts up to 2²⁰ are exact.
_PARTS = (1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32)
_LARGEST = 2.0**20 * 1.57
# Interpolations at Chebyshev nodes in 60 digits, for r ≤ π/4: (sin(r)/r − 1)/r² of r², to 3·10⁻¹⁸ of sin(r),
# and (cos(r) − 1 + r²/2)/r⁴, to 6·10⁻¹⁹ of cos(r).
_SINE = (
    -0.16666666666666666,
    0.008333333333330918,
    -0.00019841269836712495,
    2.755731607868067e-06,
    -2.5051126876085338e-08,
    1.5917771759341917e-10,
)
_COSINE = (
    0.041666666666666664,
    -0.0013888888888887378,
    2.4801587298736863e-05,
    -2.755731725679604e-07,
    2.087614315990944e-09,
    -1.1382408754153254e-11,
)

_Pair = tuple[Value, Value]


@tf_op("Sin")
class Sin:
    """sin x: ONNX Runtime's own in float32; in float64 its own gives sin π = 0, so that it serves from 1.6·10⁶ on only.

    Below, the nearest multiple of π/2 is subtracted in more than float64's digits.

    Largest relative error: 1.7·10⁻⁷ in float32, 1.4·10⁻¹⁶ in float64, from 1.6·10⁶ to 10¹⁴ 4.9·10⁻¹⁶ (TensorFlow's own:
    1.7·10⁻⁷ and 1.2·10⁻¹⁶).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x = b.inputs[0]
        if b.dtype == np.float64:
            b.finish(_sine(b, abs(x), quarter=0) * sign(b, x))
        else:
            b.finish(b("Sin", x))


@tf_op("Cos")
class Cos:
    """cos x: see `Sin`, whose errors are these too; ONNX Runtime's own of float64 gives cos π/2 = 0."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(_sine(b, abs(b.inputs[0]), quarter=1) if b.dtype == np.float64 else b("Cos", b.inputs[0]))


@tf_op("Tan")
class Tan:
    """tan x: ONNX Runtime's own in float32, and what it lacks in float64: sin x/cos x, corrected for all roundings.

    Largest relative error: 8.7·10⁻⁸ in float32, 1.8·10⁻¹⁶ in float64, from 1.6·10⁶ on 7·10⁻¹⁶ (TensorFlow's own:
    8.7·10⁻⁸ and 1.2·10⁻¹⁶).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x = b.inputs[0]
        b.finish(_tangent(b, abs(x)) * sign(b, x) if b.dtype == np.float64 else b("Tan", x))


def _sine(b: Builder, x: Value, *, quarter: int) -> Value:
    """sin(x + quarter·π/2) for x ≥ 0."""
    small = b("Min", x, _LARGEST)
    multiple, rest = _reduce(b, small)
    multiple = multiple + quarter
    half = b("Floor", multiple * 0.5)
    odd = (half + half) < multiple
    value = b.where(odd, _sum(_near_cosine(b, rest)), _sum(_near_sine(b, rest)))
    # half is 0 or 1, up to multiples of 2.
    turned = 1 - 2 * (half - 2 * b("Floor", half * 0.5))
    return b.where(x < _LARGEST, value * turned, b("Cos" if quarter else "Sin", x))


def _tangent(b: Builder, x: Value) -> Value:
    """tan x for x ≥ 0: the quotient of sine and cosine, each with its rounding error, corrected for its own."""
    multiple, rest = _reduce(b, b("Min", x, _LARGEST))
    half = b("Floor", multiple * 0.5)
    odd = (half + half) < multiple
    sine, cosine = _near_sine(b, rest), _near_cosine(b, rest)
    over, over_low = _normalised(_choose(b, odd, (-cosine[0], -cosine[1]), sine))
    under, under_low = _normalised(_choose(b, odd, sine, cosine))
    quotient = over / under
    product = quotient * under
    left = ((over - product) - rounding_of_product(quotient, under, product)) + (over_low - quotient * under_low)
    return b.where(x < _LARGEST, quotient + left / under, b("Sin", x) / b("Cos", x))


def _reduce(b: Builder, x: Value) -> tuple[Value, _Pair]:
    """The multiple of π/2 nearest to x, and the rest in two parts; the second is below the first's last digit.

    Reference:
        Cody, Waite, *Software manual for the elementary functions*, 1980, chapter 8.
    """
    multiple = b("Round", x * (2 / np.pi))
    first = x - multiple * _PARTS[0]
    second, second_low = _difference(first, multiple * _PARTS[1])
    third, third_low = _difference(second, multiple * _PARTS[2])
    low = second_low + third_low - multiple * _PARTS[3]
    rest = third + low
    return multiple, (rest, (third - rest) + low)


def _difference(x: Value, y: Value) -> _Pair:
    difference = x - y
    return difference, (x - difference) - y


def _choose(b: Builder, condition: Value, first: _Pair, second: _Pair) -> _Pair:
    return b.where(condition, first[0], second[0]), b.where(condition, first[1], second[1])


def _sum(pair: _Pair) -> Value:
    return pair[0] + pair[1]


def _normalised(pair: _Pair) -> _Pair:
    """The sum as rounded, and what that lacks."""
    whole = _sum(pair)
    return whole, (pair[0] - whole) + pair[1]


def _near_sine(b: Builder, rest: _Pair) -> _Pair:
    r, low = rest
    square = r * r
    return r, r * square * b.polynomial(square, _SINE) + low * (1 - square * 0.5)


def _near_cosine(b: Builder, rest: _Pair) -> _Pair:
    r, low = rest
    square = r * r
    half = square * 0.5
    first = 1 - half
    return first, ((1 - first) - half) + (square * square * b.polynomial(square, _COSINE) - r * low)
