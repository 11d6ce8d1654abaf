"""Pieces of functions that keep every digit: signs of zeros, exponentials of squares."""

from collections.abc import Sequence

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = ["exp_of_minus_square", "rational", "sign"]


def sign(b: Builder, x: Value) -> Value:
    """1 or −1 by the sign, zeros included; NaN of NaN."""
    return b("Clip", b("Reciprocal", b("Clip", x, -1, 1)), -1, 1)


def rational(b: Builder, x: Value, numerator: Sequence[float], denominator: Sequence[float]) -> Value:
    """The quotient of two polynomials, the constant coefficients first."""
    return b.polynomial(x, numerator) / b.polynomial(x, denominator)


def exp_of_minus_square(b: Builder, x: Value) -> Value:
    """e^(−x²) for 0 ≤ x < 2¹⁶, to the last digits of float64.

    The rounding of x² alone would cost x² of them. With z the multiple of 2⁻⁸ nearest to x, z² is exact, and what
    is left, (z − x)·(z + x), is small.
    """
    z = b("Round", x * 256.0) * (1 / 256)
    return b("Exp", -(z * z)) * b("Exp", (z - x) * (z + x))
