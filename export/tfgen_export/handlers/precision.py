"""Pieces of functions that keep every digit of float64: signs of zeros, exact products, exponentials of squares."""

from collections.abc import Sequence

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = [
    "deviance",
    "exp_of_minus_square",
    "rational",
    "rounding_of_product",
    "sign",
    "stirling_correction",
    "upper_half",
]

# (artanh(r)/r − 1)/r² of r², for r² ≤ 1/9: rational interpolation at Chebyshev nodes in 60 digits, to 10⁻¹⁸ of it.
_ARTANH = (
    (0.3333333333333333, -0.5156189804426828, 0.22344765869949698, -0.023581157202664297),
    (1.0, -2.1468569413280667, 1.5298857123272571, -0.4019266862902619, 0.028382422234385103),
)
# a·(log Γ(a) − (a − ½)·log a + a − log(2π)/2) of 1/a², for a ≥ 2: the same kind of interpolation, to 3·10⁻¹⁵ of it.
_STIRLING = (
    (
        0.08333333333333309,
        0.9168528224975098,
        2.906129137665967,
        3.0568349532213372,
        0.9085778288439857,
        0.037328533713462425,
    ),
    (
        1.0,
        11.035567203300564,
        35.231878083083835,
        37.75845755451928,
        11.894733521510435,
        0.6479830873133663,
    ),
)


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


def deviance(b: Builder, mu: Value, logarithm: Value) -> Value:
    """μ − log(1 + μ) for μ ≥ −1, given the logarithm, with all its digits near 0 too.

    There, with r = μ/(2 + μ), the logarithm is 2·artanh r, and the difference r·(μ − 2·r²·(1/3 + r²/5 + …)).
    """
    r = mu / (2 + mu)
    square = b("Min", r * r, 1 / 9)
    near = r * (mu - 2 * square * rational(b, square, *_ARTANH))
    return b.where(abs(r) < 1 / 3, near, mu - logarithm)


def stirling_correction(b: Builder, inverse: Value) -> Value:
    """log Γ(a) − (a − ½)·log a + a − log(2π)/2 given 1/a, for a ≥ 2: to 10⁻¹⁶, which is an error of that in log Γ."""
    return inverse * rational(b, inverse * inverse, *_STIRLING)


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
