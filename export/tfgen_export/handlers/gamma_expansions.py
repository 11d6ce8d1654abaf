"""The incomplete gamma functions where fractions fail: near x = a, where that is large, and near the origin."""

import math
from fractions import Fraction

import numpy as np

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = ["corner", "transition"]

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
        0.0,
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


def transition(b: Builder, a: Value, distance: Value, side: Value, *, powers: int, orders: int) -> Value:
    """The smaller of P(a, x) and Q(a, x) over e^(−z²), where z² = x − a − a·log(x/a), by Temme's uniform expansion.

    That is ½·e^(z²)·erfc(z) ± Σ dₖₙ·ηⁿ/aᵏ / √(2πa), where η = ±√(2/a)·z: the erfc is the normal approximation, the
    sum corrects it.

    Args:
        b: where the nodes go.
        a: a vector of large numbers, as the others are.
        distance: z².
        side: 1 where x > a, and Q(a, x) is wanted; −1 where P(a, x) is.
        powers: how many powers of η.
        orders: how many powers of 1/a.

    Reference:
        Temme, *The asymptotic expansion of the incomplete gamma functions*, SIAM Journal on Mathematical Analysis
        10, 1979; *NIST digital library of mathematical functions*, 8.12.
    """
    inverse = 1 / a
    eta = side * b("Sqrt", 2 * distance * inverse)
    table = b.constant(_table(powers, orders), np.float64)
    products = b("MatMul", table, _powers(b, eta, powers)) * _powers(b, inverse, orders)
    correction = b("ReduceSum", products, b.integers(0), keepdims=0)
    z = _powers(b, b("Min", b("Sqrt", distance), 28), len(_SCALED_ERFC[0]))
    quotient = b.outputs("Split", b("MatMul", b.constant(_SCALED_ERFC, np.float64), z), count=2, axis=0, num_outputs=2)
    scaled = b("Squeeze", quotient[0] / quotient[1], b.integers(0))
    return 0.5 * scaled + side * correction * b("Sqrt", inverse * (0.5 / np.pi))


def corner(b: Builder, a: Value, x: Value, logarithm: Value, slope: Value, *, terms: int, upper: bool) -> Value:
    """Q(a, x) where `upper`, else P(a, x), for small a and x.

    P = xᵃ/Γ(1 + a)·(1 − a·W) with W = Σ −(−x)ⁿ/(n!·(a + n)), n = 1, 2, …; Q is what the three factors lack of 1.

    Args:
        b: where the nodes go.
        a: a vector of numbers below 2, as the others are.
        x: numbers below 2.
        logarithm: log x.
        slope: (1/Γ(1 + a) − 1)/a.
        terms: how many n.
        upper: whether Q is wanted.
    """
    n = np.arange(1.0, terms + 1)[:, None]
    factorials = np.array([-math.factorial(k) * (-1.0) ** k for k in range(1, terms + 1)])[:, None]
    summands = _powers(b, x, terms) / (b("Unsqueeze", a, b.integers(0)) * factorials + n * factorials)
    series = x * b("ReduceSum", summands, b.integers(0), keepdims=0)
    exponent = a * logarithm
    power = b("Exp", exponent)
    gamma = 1 + a * slope
    if not upper:
        return power * gamma * (1 - a * series)
    # 1 − xᵃ by Kahan's correction, as in Expm1.
    least = b("Max", exponent, -64)
    rounded = b("Exp", least)
    factor = b.where(rounded.equals(1), rounded, (rounded - 1) / b("Log", rounded))
    return a * power * (series * gamma - slope) - least * factor


def _powers(b: Builder, x: Value, count: int) -> Value:
    """1, x, x², … of a vector as rows: long rows are what is fast."""
    power = b("Unsqueeze", x, b.integers(0))
    block, size = b("Concat", power * 0 + 1, power, axis=0), 2
    while size < count:
        power = power * power
        more = min(size, count - size)
        part = block if more == size else b("Slice", block, b.integers(0), b.integers(more), b.integers(0))
        block, size = b("Concat", block, part * power, axis=0), size + more
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
