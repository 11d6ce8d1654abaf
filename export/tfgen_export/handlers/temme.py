"""The incomplete gamma function of a large a near x = a, where series and fractions need about √a steps."""

from fractions import Fraction

import numpy as np

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.precision import rational
from tfgen_export.handlers.value import Value

__all__ = ["transition"]

# e^(z²)·erfc(z) for 0 ≤ z ≤ 28, to 3·10⁻¹⁷ of it: rational interpolation in 60 digits, at nodes that are Chebyshev's
# in (z − 3)/(z + 3).
_SCALED_ERFC = (
    (
        1.0,
        2.3480920579990747,
        2.7324426609880548,
        2.036683471236088,
        1.0668973235107613,
        0.40857889339893894,
        0.11569639112382131,
        0.023951153751494203,
        0.0034826810735195364,
        0.00032349956791045807,
        1.4759943556253303e-05,
    ),
    (
        1.0,
        3.4764712250945875,
        5.655220366391789,
        5.693697870976201,
        3.9515121553972516,
        1.990505746978287,
        0.7451266983077873,
        0.20813987897971525,
        0.042739008730540325,
        0.006185972139577478,
        0.0005733880549098815,
        2.6161318795424984e-05,
    ),
)


def transition(b: Builder, a: Value, deviance: Value, side: Value, *, powers: int, orders: int) -> Value:
    """What e^(−a·φ) is multiplied by to give the smaller of P(a, x) and Q(a, x), with φ = x/a − 1 − log(x/a).

    That is ½·e^(z²)·erfc(z) ± Σ dₖₙ·ηⁿ/aᵏ / √(2πa), where η = ±√(2φ) and z = √(aφ), by Temme's uniform expansion:
    the erfc is the normal approximation, the sum corrects it.

    Args:
        b: where the nodes go.
        a: large.
        deviance: φ, small.
        side: 1 where x > a, and Q(a, x) is wanted; −1 where P(a, x) is.
        powers: how many powers of η, a power of 2.
        orders: how many powers of 1/a, a power of 2.

    Reference:
        Temme, *The asymptotic expansion of the incomplete gamma functions*, SIAM Journal on Mathematical Analysis
        10, 1979; *NIST digital library of mathematical functions*, 8.12.
    """
    eta = side * b("Sqrt", 2 * deviance)
    shape = b("Shape", eta)
    table = b.constant(_table(powers, orders), np.float64)
    inverses = _powers(b, b("Expand", 1 / a, shape), orders)
    products = b("MatMul", table, _powers(b, eta, powers)) * inverses
    correction = b("Reshape", b("ReduceSum", products, b.integers(0), keepdims=0), shape)
    z = b("Min", b("Sqrt", a * deviance), 28)
    return 0.5 * rational(b, z, *_SCALED_ERFC) + side * correction / b("Sqrt", 2 * np.pi * a)


def _powers(b: Builder, x: Value, count: int) -> Value:
    """1, x, x², …, the count a power of 2, as rows of all entries of x: long rows are what is fast."""
    square = b("Reshape", x, b.integers(1, -1))
    block = b("Concat", square * 0 + 1, square, axis=0)
    for _ in range(count.bit_length() - 2):
        square = square * square
        block = b("Concat", block, block * square, axis=0)
    return block


def _table(powers: int, orders: int) -> np.ndarray:
    """The coefficients of ηⁿ/aᵏ, k down and n across, by exact recurrences.

    With λ − 1 = Σ αₙ·ηⁿ, where (λ − 1)·λ′ = η·λ, the first row is d₀ₙ = (n + 2)·αₙ₊₂, less 1 for n = 0, and
    dₖₙ = (n + 2)·dₖ₋₁ₙ₊₂ − dₖ₋₁₁·d₀ₙ.
    """
    alpha = [Fraction(0), Fraction(1)]
    for n in range(2, powers + 2 * orders + 2):
        products = sum(((n + 1 - i) * alpha[i] * alpha[n + 1 - i] for i in range(2, n)), Fraction(0))
        alpha.append((alpha[n - 1] - products) / (n + 1))
    first = [(n + 2) * alpha[n + 2] - (n == 0) for n in range(len(alpha) - 2)]
    rows = [first]
    for _ in range(orders - 1):
        last = rows[-1]
        rows.append([(n + 2) * last[n + 2] - last[1] * first[n] for n in range(len(last) - 2)])
    return np.array([[float(value) for value in row[:powers]] for row in rows])
