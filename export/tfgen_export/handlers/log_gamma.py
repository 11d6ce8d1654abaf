"""The logarithm of the gamma function.

The errors stated were measured in ONNX Runtime on x86-64, where neither x nor the result is subnormal: in float32
against float64 on every 61st of all bit patterns, in float64 against extended precision on twenty million points.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = ["Lgamma"]

# Rational interpolation at Chebyshev nodes in 50 digits: on t from −1/4 to 3/2,
# log Γ(1 + t) = t·(t − 1)·(γ + t·N(t)/D(t)), to 2·10⁻¹⁷. The coefficients of N share one sign, as do those of D.
_EULER = 0.5772156649015329
_NUMERATOR = (
    -0.24525136852258037,
    -0.773301211550303,
    -0.9544048096510503,
    -0.5846288428321101,
    -0.18606135969704213,
    -0.029363643019442495,
    -0.001974457209367211,
    -3.8092594733101594e-05,
)
_DENOMINATOR = (
    1.0,
    3.7868717430979193,
    5.822058832936203,
    4.67181940864577,
    2.0950397294117775,
    0.5219927141077312,
    0.06757576483352593,
    0.0038806718678588347,
    6.690106911913674e-05,
)
# Stirling's correction, times x, in powers of 1/x², in the same way: for x ≥ 9/2, to 4·10⁻¹⁸ of log Γ(x).
_STIRLING = (
    0.08333333333333327,
    -0.0027777777776236147,
    0.0007936507273080746,
    -0.0005952270947968775,
    0.0008408404341251852,
    -0.0018754765683744374,
    0.005274410556922076,
    -0.011344723716428109,
)
# The same for x ≥ 8, to 5·10⁻¹⁸ in absolute terms.
_STIRLING_FROM_EIGHT = (
    0.0833333333333333,
    -0.002777777777606244,
    0.0007936506649488251,
    -0.0005952025951802608,
    0.0008372834512064689,
    -0.001652600445544065,
)
_STIRLING_CONSTANT = 0.4189385332046727  # log(2π)/2 − 1/2


@tf_op("Lgamma")
class Lgamma:
    """log |Γ(x)|: +∞ at 0, −1, −2, … and ±∞, computed in float64 whatever the type, and rounded once.

    Of float64:

    - For 3/4 ≤ x < 5/2 a rational function with the zeros at 1 and 2 as factors.
    - Below 3/4 that of x + 1, minus log x; from 5/2 to 9/2 that of x − 1 or x − 2, plus the logarithm of a product.
    - From 9/2 on Stirling's formula, (x − 1/2)·(log x − 1) + log(2π)/2 − 1/2 and a fitted correction.

    Of smaller types Stirling's formula of x + 8, minus log(x·(x + 1)·…·(x + 7)), in half the nodes: float64 has digits
    enough to lose some near the zeros at 1 and 2, where what is left is the difference of two numbers near 10.6.

    For negative x by reflection, −log(|sin πx| / π) − log Γ(1 − x).

    Largest relative error for x > 0: 7.5·10⁻⁸ in float32, 5.6·10⁻¹⁶ in float64 (TensorFlow's own: 2.2·10⁻⁷ and
    4.1·10⁻¹⁶); for x < 0: 6.0·10⁻⁸ in float32 (TensorFlow's own: 4.2·10⁻⁷). In float64 the two terms of the
    reflection cancel near the zeros between negative integers, so that there only the absolute error is small:
    8.5·10⁻¹⁶ of max(1, |log |Γ(x)||, log Γ(1 − x)) (TensorFlow's own: 5.1·10⁻¹⁶, and it keeps more digits at
    those zeros).

    Reference:
        Abramowitz, Stegun, *Handbook of mathematical functions*, 1964, 6.1.15, 6.1.17 and 6.1.41.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        positive = _lgamma_positive if b.dtype == np.float64 else _lgamma_shifted
        b.finish(b.in_float64(partial(_lgamma, b, positive)))


def _lgamma(b: Builder, positive: Callable[[Builder, Value], Value], x: Value) -> Value:
    # All numbers beyond are integers, and so poles; −∞ would give ∞ − ∞.
    x = b("Max", x, -(2.0**60))
    negative = x < 0
    value = positive(b, b.where(negative, 1 - x, x))
    # The distance to the nearest integer is exact, so that poles are found, and digits kept near them.
    sine = abs(b("Sin", (x - b("Round", x)) * np.pi))
    return b.where(negative, -(b("Log", sine * (1 / np.pi)) + value), value)


def _lgamma_shifted(b: Builder, x: Value) -> Value:
    """For x ≥ 0 that came from a smaller type."""
    # Beyond, the product would overflow, and its logarithm is nothing beside Stirling's formula.
    bounded = b("Min", x, 1e20)
    u = bounded * (bounded + 7)
    product = u * (u + 6) * (u + 10) * (u + 12)  # x·(x+7) · (x+1)·(x+6) · (x+2)·(x+5) · (x+3)·(x+4)
    value = _stirling(b, x + 8, _STIRLING_FROM_EIGHT) - b("Log", product)
    return b.where(((x - 1) * (x - 2)).equals(0), 0, value)


def _lgamma_positive(b: Builder, x: Value) -> Value:
    near, far = _lgamma_near(b, b("Min", x, 4.5)), _stirling(b, b("Max", x, 4.5), _STIRLING)
    return b.where(x < 4.5, near, far)


def _lgamma_near(b: Builder, x: Value) -> Value:
    """For 0 ≤ x ≤ 9/2."""
    first, second = x - 1, x - 2
    low, middle, upper = x < 0.75, x < 2.5, x < 3.5
    # t = y − 1 for a y from 3/4 to 5/2, without forming y = x + 1, which would round away a small x.
    t = b.where(low, x, b.where(middle, first, b.where(upper, second, x - 3)))
    product = b.where(upper, first, first * second)
    logarithm = b("Log", b.where(low, x, b.where(middle, b.constant(1, x.dtype), product)))
    ratio = b.polynomial(t, _NUMERATOR) / b.polynomial(t, _DENOMINATOR)
    value = t * (t - 1) * (_EULER + t * ratio)
    return value + b.where(low, -logarithm, logarithm)


def _stirling(b: Builder, x: Value, coefficients: Sequence[float]) -> Value:
    """No step overflows where the result does not."""
    inverse = b("Reciprocal", x)
    correction = inverse * b.polynomial(inverse * inverse, coefficients)
    return (x - 0.5) * (b("Log", x) - 1) + (_STIRLING_CONSTANT + correction)
