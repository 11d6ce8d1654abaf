"""Special functions, which ONNX has none of but Erf.

The errors stated were measured in ONNX Runtime on x86-64, where neither x nor the result is subnormal: in float32
against float64 on every 61st of all bit patterns, in float64 against extended precision on twenty million points.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder

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
_STIRLING_CONSTANT = 0.4189385332046727  # log(2π)/2 − 1/2


@tf_op("Lgamma")
class Lgamma:
    """log |Γ(x)|: +∞ at 0, −1, −2, … and ±∞, computed in float64 whatever the type, and rounded once.

    - For 3/4 ≤ x < 5/2 a rational function with the zeros at 1 and 2 as factors.
    - Below 3/4 that of x + 1, minus log x; from 5/2 to 9/2 that of x − 1 or x − 2, plus the logarithm of a product.
    - From 9/2 on Stirling's formula, (x − 1/2)·(log x − 1) + log(2π)/2 − 1/2 and a fitted correction.
    - For negative x by reflection, −log(|sin πx| / π) − log Γ(1 − x).

    Largest relative error for x > 0: 6.0·10⁻⁸ in float32, 5.6·10⁻¹⁶ in float64 (TensorFlow's own: 2.2·10⁻⁷ and
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
        x = b.inputs[0]
        if np.dtype(b.dtype) == np.float64:
            b.finish(_lgamma(b, x))
        else:
            wide = _lgamma(b, b("Cast", x, to=TensorProto.DOUBLE))
            b.finish(b("Cast", wide, to=context.get_dtype(x)))


def _lgamma(b: Builder, x: str) -> str:
    # All numbers beyond are integers, and so poles; −∞ would give ∞ − ∞.
    x = b("Max", x, _real(b, -(2.0**60)))
    negative = b("Less", x, _real(b, 0))
    value = _lgamma_positive(b, b("Where", negative, b("Sub", _real(b, 1), x), x))
    # The distance to the nearest integer is exact, so that poles are found, and digits kept near them.
    sine = b("Abs", b("Sin", b("Mul", b("Sub", x, b("Round", x)), _real(b, np.pi))))
    reflected = b("Neg", b("Add", b("Log", b("Mul", sine, _real(b, 1 / np.pi))), value))
    return b("Where", negative, reflected, value)


def _lgamma_positive(b: Builder, x: str) -> str:
    bound = _real(b, 4.5)
    near = _lgamma_near(b, b("Min", x, bound))
    return b("Where", b("Less", x, bound), near, _lgamma_far(b, b("Max", x, bound)))


def _lgamma_near(b: Builder, x: str) -> str:
    """For 0 ≤ x ≤ 9/2."""
    one = _real(b, 1)
    first, second = b("Sub", x, one), b("Sub", x, _real(b, 2))
    low, middle = b("Less", x, _real(b, 0.75)), b("Less", x, _real(b, 2.5))
    upper = b("Less", x, _real(b, 3.5))
    # t = y − 1 for a y from 3/4 to 5/2, without forming y = x + 1, which would round away a small x.
    above = b("Where", upper, second, b("Sub", x, _real(b, 3)))
    t = b("Where", low, x, b("Where", middle, first, above))
    product = b("Where", upper, first, b("Mul", first, second))
    logarithm = b("Log", b("Where", low, x, b("Where", middle, one, product)))
    ratio = b("Div", _polynomial(b, t, _NUMERATOR), _polynomial(b, t, _DENOMINATOR))
    factor = b("Add", _real(b, _EULER), b("Mul", t, ratio))
    value = b("Mul", b("Mul", t, b("Sub", t, one)), factor)
    return b("Add", value, b("Where", low, b("Neg", logarithm), logarithm))


def _lgamma_far(b: Builder, x: str) -> str:
    """For x ≥ 9/2. No step overflows where the result does not."""
    inverse = b("Reciprocal", x)
    correction = b("Mul", inverse, _polynomial(b, b("Mul", inverse, inverse), _STIRLING))
    rest = b("Add", _real(b, _STIRLING_CONSTANT), correction)
    main = b("Mul", b("Sub", x, _real(b, 0.5)), b("Sub", b("Log", x), _real(b, 1)))
    return b("Add", main, rest)


def _polynomial(b: Builder, x: str, coefficients: Sequence[float]) -> str:
    """By Horner's rule; the constant coefficient comes first."""
    *others, last = coefficients
    value = _real(b, last)
    for coefficient in reversed(others):
        value = b("Add", b("Mul", value, x), _real(b, coefficient))
    return value


def _real(b: Builder, value: float) -> str:
    return b.constant(value, np.float64)
