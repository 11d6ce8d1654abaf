"""Pieces of functions that keep every digit of float64: signs of zeros, exact products, exponentials of squares."""

from collections.abc import Sequence

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = ["exp_of_minus_square", "rational", "rounding_of_product", "sign", "upper_half"]


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


def upper_half(x: Value) -> Value:
    """The upper 26 bits of float64 numbers below 2⁹⁹⁶: products of such are exact, and so is the difference from x.

    Reference:
        Dekker, *A floating-point technique for extending the available precision*, Numerische Mathematik 18, 1971.
    """
    shifted = x * (2.0**27 + 1)
    return shifted - (shifted - x)


def rounding_of_product(x: Value, y: Value, product: Value) -> Value:
    """x·y − `product`, exactly, where `product` is x·y as rounded to float64 (Dekker)."""
    x_upper, y_upper = upper_half(x), upper_half(y)
    x_lower, y_lower = x - x_upper, y - y_upper
    return ((x_upper * y_upper - product) + x_upper * y_lower + x_lower * y_upper) + x_lower * y_lower
