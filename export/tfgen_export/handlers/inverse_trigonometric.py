"""Angles of sines, cosines and tangents, which ONNX Runtime has in float32 only.

The errors stated are the largest relative ones where the result is a normal number, measured in ONNX Runtime on x86-64:
in float32 against float64 on every 1999th of all bit patterns, in float64 against extended precision on two million
points.
"""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.precision import rational, sign, upper_half
from tfgen_export.handlers.value import Value

__all__ = ["Acos", "Asin", "Atan", "Atan2"]

_LOW = 6.123233995736766e-17 / (np.pi / 2)  # what π/2 as rounded lacks, in its own unit
# Rational interpolations at Chebyshev nodes in 60 digits: (arcsin(y)/y − 1)/y² of y², for y ≤ 1/2, to 10⁻¹⁸,
# and (arctan(y)/y − 1)/y² of y², for y ≤ 1, to 10⁻¹⁷.
_ARCSINE = (
    (
        0.16666666666666666,
        -0.32506281072499676,
        0.20050098243982578,
        -0.039804643833901816,
        0.0007824047361233684,
        3.4197032079123224e-05,
    ),
    (1.0, -2.4003768643499854, 2.0153183407399062, -0.6850546943675666, 0.07648737359869638),
)
_ARCTANGENT = (
    (
        -0.3333333333333333,
        -0.8116412201960678,
        -0.7123414383945195,
        -0.2725778671008127,
        -0.04325113828415611,
        -0.0021043873129700233,
        -2.229767813968649e-06,
    ),
    (
        1.0,
        3.034923660588189,
        3.5294070829658954,
        1.9680296155712274,
        0.5368820963772863,
        0.06453295925870227,
        0.002445452808893491,
    ),
)


@tf_op("Asin")
class Asin:
    """The angle from −π/2 to π/2 of a sine: ONNX Runtime's own in float32, and what it lacks in float64.

    Largest relative error: 4.6·10⁻⁷ in float32, 1.4·10⁻¹⁶ in float64 (TensorFlow's own: 4.6·10⁻⁷ and 1.2·10⁻¹⁶).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x = b.inputs[0]
        if b.dtype != np.float64:
            b.finish(b("Asin", x))
            return
        near, main, rest = _arcsine(b, abs(x))
        twice = main * 2
        whole = _from(np.pi / 2 - twice, np.pi / 2, twice, rest * 2)
        b.finish(b.where(near, main + rest, whole) * sign(b, x))


@tf_op("Acos")
class Acos:
    """The angle from 0 to π of a cosine: ONNX Runtime's own in float32, and what it lacks in float64.

    Largest relative error: 2.7·10⁻⁷ in float32, 1.3·10⁻¹⁶ in float64 (TensorFlow's own: 2.7·10⁻⁷ and 1.2·10⁻¹⁶).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x = b.inputs[0]
        if b.dtype != np.float64:
            b.finish(b("Acos", x))
            return
        near, main, rest = _arcsine(b, abs(x))
        direction = sign(b, x)
        # π/2 − arcsin x; else 2·arcsin √((1 − |x|)/2), or π minus that.
        times = b.where(near, direction, direction * -2.0)
        main, rest = main * times, rest * times
        base = b.where(near, b.constant(np.pi / 2), b.where(x < 0, b.constant(np.pi), 0.0))
        b.finish(_from(base - main, base, main, rest))


@tf_op("Atan")
class Atan:
    """The angle from −π/2 to π/2 of a tangent: ONNX Runtime's own in float32, and what it lacks in float64.

    Largest relative error: 2.3·10⁻⁷ in float32, 2.8·10⁻¹⁶ in float64 (TensorFlow's own: 2.6·10⁻⁷ and 5.7·10⁻¹⁶).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x = b.inputs[0]
        if b.dtype != np.float64:
            b.finish(b("Atan", x))
            return
        size = abs(x)
        steep = size > 1
        angle = _arctangent(b, b.where(steep, b("Reciprocal", size), size))
        b.finish(b.where(steep, np.pi / 2 - (angle - np.pi / 2 * _LOW), angle) * sign(b, x))


@tf_op("Atan2")
class Atan2:
    """The angle from −π to π of the point (x, y), given y and x, by the signs of zeros too.

    Computed in float64 whatever the type: tf2onnx's own takes −0 for 0, and so gives π for −π.

    Largest relative error on forty thousand points: 6.0·10⁻⁸ in float32, 2.2·10⁻¹⁶ in float64 (TensorFlow's own:
    1.4·10⁻⁷ and 4.7·10⁻¹⁶).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b.in_float64(lambda y, x: _arctangent_of_point(b, y, x)))


def _arcsine(b: Builder, y: Value) -> tuple[Value, Value, Value]:
    """Whether 0 ≤ y ≤ 1/2, and the angle whose sine is y there, or √((1 − y)/2) else, as a main part and the rest.

    The main part has 26 bits in the latter case.
    """
    near = y <= 0.5
    square = (1 - y) * 0.5
    root = b("Sqrt", square)
    upper = upper_half(root)
    # What the upper half lacks of the exact root; 0 for 0.
    lower = (square - upper * upper) / b("Max", root + upper, np.finfo(np.float64).tiny)
    size, s = b.where(near, y, root), b.where(near, y * y, square)
    rest = size * (s * rational(b, s, *_ARCSINE))
    return near, b.where(near, y, upper), b.where(near, rest, rest + lower)


def _from(difference: Value, base: Value | float, main: Value, rest: Value) -> Value:
    """base − main − rest, where `difference` is base − main as rounded, and the base a multiple of π/2."""
    return difference + (((base - difference) - main) + (base * _LOW - rest))


def _arctangent(b: Builder, t: Value) -> Value:
    """arctan t for 0 ≤ t ≤ 1."""
    square = t * t
    return t + t * (square * rational(b, square, *_ARCTANGENT))


def _arctangent_of_point(b: Builder, y: Value, x: Value) -> Value:
    width, height = abs(x), abs(y)
    less, more = b("Min", width, height), b("Max", width, height)
    ratio = less / b("Max", more, np.finfo(np.float64).smallest_subnormal)
    # Of two infinities the ratio is 1.
    ratio = b.where(b("IsInf", more), less.equals(more).cast(np.float64), ratio)
    angle = _arctangent(b, ratio)
    steep, left = height > width, sign(b, x) < 0
    base = b.where(steep, b.constant(np.pi / 2, np.float64), b.where(left, b.constant(np.pi, np.float64), 0.0))
    turned = b.where(steep ^ left, -angle, angle)
    return (base + (turned + base * _LOW)) * sign(b, y)
