"""The incomplete beta function where its continued fraction is slow: large parameters, and a corner."""

from fractions import Fraction

import numpy as np

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.elementwise import log1p
from tfgen_export.handlers.precision import rational
from tfgen_export.handlers.value import Value

__all__ = ["corner", "transition"]

# All are interpolations at Chebyshev nodes in 60 digits. e^(z²)·erfc(z) for 0 ≤ z ≤ 4, to 3·10⁻¹⁸.
_SCALED_ERFC = (
    (
        1.0,
        1.789163296606409,
        1.6077235869414974,
        0.9065190348607014,
        0.3455772664830873,
        0.09052788753193791,
        0.015878790145069318,
        0.0017073673465606025,
        8.6602059256162e-05,
    ),
    (
        1.0,
        2.917542463701922,
        3.899817722099261,
        3.141702422309154,
        1.6855205303692542,
        0.6265103121710065,
        0.16197006067792147,
        0.028221142627061324,
        0.003026231078173915,
        0.00015349812735536035,
    ),
)
# log Γ(1 + b)/b for 0 ≤ b ≤ 2, to 10⁻¹⁷.
_LOG_GAMMA = (
    (
        -0.5772156649015329,
        -1.1078104667946211,
        -0.20710376261253885,
        0.862426949455698,
        0.748139118162056,
        0.24517938237135226,
        0.034527688285182184,
        0.0018334574729609624,
        2.329856144354955e-05,
    ),
    (
        1.0,
        3.344118355741465,
        4.429618576148971,
        2.9649731074979404,
        1.0620600287578417,
        0.19908152072740165,
        0.01776356399746182,
        0.0006085090105151055,
        4.556256809242859e-06,
    ),
)
# Stirling's correction, times z, in powers of 1/z², for z ≥ 8, to 7·10⁻¹⁸.
_STIRLING = (
    0.08333333333333333,
    -0.002777777777773988,
    0.0007936507897524059,
    -0.0005952365845057049,
    0.0008414700852503147,
    -0.001890382993887715,
    0.005065905360156132,
)

_Polynomial = list[Fraction]


def transition(b: Builder, orders: int, size: Value, distance: Value, skew: Value, factor: Value) -> Value:
    """What e^(−D) is multiplied by to give I(a, b, x) for x below the mean a/(a + b), and large a and b.

    With m = ab/(a + b), the deviance D = m·η²/2 and λ = a − (a + b)·x = m·ℓ, the integral is that of e^(−m·η²/2)·η/ℓ.
    By parts, for η/ℓ = Σ fₙ·ηⁿ, it is ½·e^(D)·erfc(√D) + factor/m·Σ fⱼ₊₁·Hⱼ with Hⱼ = ηʲ + j/m·Hⱼ₋₂. The fₙ are
    polynomials of κ = (b − a)/(a + b): from η·dη = ℓ·dℓ/((1 − λ/a)·(1 + λ/b)) follows
    f − η·f′ = f³ − κ·η·f² − (1 − κ²)/4·η²·f.

    Args:
        b: where the nodes go.
        orders: how many j.
        size: m, large; a vector, as the others are.
        distance: D, moderate.
        skew: κ.
        factor: aᵃ·bᵇ/(a + b)ᵃ⁺ᵇ/B(a, b).

    Reference:
        The method of Temme, *The asymptotic expansion of the incomplete gamma functions*, SIAM Journal on Mathematical
        Analysis 10, 1979.
    """
    inverse = 1 / size
    eta = b("Sqrt", 2 * distance * inverse)
    top = b.integers(0)
    skews = b("Pow", b("Unsqueeze", skew, top), np.arange(orders + 1.0)[:, None])
    slopes = b("MatMul", b.constant(_table(orders), np.float64), skews)
    hermite = [eta * 0 + 1, eta]
    power = eta
    for j in range(2, orders):
        power = power * eta
        hermite.append(power + inverse * j * hermite[j - 2])
    rows = b("Concat", *(b("Unsqueeze", value, top) for value in hermite), axis=0)
    total = b("ReduceSum", slopes * rows, top, keepdims=0)
    root = b("Min", b("Sqrt", distance), 4)
    return 0.5 * rational(b, root, *_SCALED_ERFC) + factor * inverse * total


def _table(orders: int) -> np.ndarray:
    """The coefficients of κ in f₁, f₂, …, one a row, by an exact recurrence."""
    rows: list[_Polynomial] = [[Fraction(1)]]
    squares: list[_Polynomial] = [[Fraction(1)]]
    variance, skew = [Fraction(1, 4), Fraction(0), Fraction(-1, 4)], [Fraction(0), Fraction(1)]
    for n in range(1, orders + 1):
        square = _sum(*(_product(rows[i], rows[n - i]) for i in range(1, n)))
        cube = _sum(square, *(_product(rows[i], squares[n - i]) for i in range(1, n)))
        row = _sum(_product([Fraction(-1)], cube), _product(skew, squares[n - 1]))
        if n > 1:
            row = _sum(row, _product(variance, rows[n - 2]))
        rows.append([value / (n + 2) for value in row])
        squares.append(_sum(square, _product([Fraction(2)], rows[n])))
    return np.array([[float(value) for value in row + [0] * (orders + 1 - len(row))] for row in rows[1:]])


def _product(first: _Polynomial, second: _Polynomial) -> _Polynomial:
    result = [Fraction(0)] * (len(first) + len(second) - 1)
    for i, value in enumerate(first):
        for j, other in enumerate(second):
            result[i + j] += value * other
    return result


def _sum(*polynomials: _Polynomial) -> _Polynomial:
    result = [Fraction(0)] * max((len(entry) for entry in polynomials), default=1)
    for entry in polynomials:
        for i, value in enumerate(entry):
            result[i] += value
    return result


def corner(b: Builder, terms: int, a: Value, c: Value, y: Value, turned: Value) -> Value:
    """1 − P, or P where `turned`, with P = I(c, a, y), for c < 2 and small y and a·y, all vectors.

    P = yᶜ·Γ(a + c)/(Γ(a)·Γ(1 + c))·(1 + c·W) with W = Σ (1 − a)ₙ·yⁿ/(n!·(c + n)), n = 1, 2, …. For a small c both
    factors are near 1, so that c⁻¹·log of the first is computed: with (log Γ(a + c) − log Γ(a))/c by Stirling's
    formula of a + 8, whose terms are divided by c one by one.
    """
    n = np.arange(terms, 0.0, -1)[:, None]
    factors, inverses = (
        b.outputs("Split", rows, count=terms, axis=0, num_outputs=terms) for rows in (y - a * y * (1 / n), 1 / (c + n))
    )
    series = factors[0] * inverses[0]
    for factor, inverse in zip(factors[1:], inverses[1:], strict=True):
        series = factor * (inverse + series)
    series = b("Squeeze", series, b.integers(0))
    shifted = a + 8
    first, second = 1 / shifted, 1 / (shifted + c)
    gain = (shifted + c - 0.5) * (log1p(b, c * first) / c) - 1
    # The differences of odd powers are −c·first·second times these sums of even degree.
    products, squares = first * second, first * first + second * second
    sums = [first * 0 + 1, squares + products]
    for _ in _STIRLING[2:]:
        sums.append(squares * sums[-1] - products * products * sums[-2])
    for coefficient, value in zip(_STIRLING, sums, strict=True):
        gain = gain - products * value * coefficient
    shifts = b("Unsqueeze", a, b.integers(-1)) + np.arange(8.0)
    lost = b("ReduceSum", log1p(b, b("Unsqueeze", c, b.integers(-1)) / shifts), b.integers(-1), keepdims=0)
    slope = b("Log", y * shifted) + (gain - lost / c) - rational(b, c, *_LOG_GAMMA)
    return _below(b, c * slope + log1p(b, c * series), turned)


def _below(b: Builder, exponent: Value, turned: Value) -> Value:
    """1 − e^t, or e^t where `turned`, for t ≤ 0."""
    least = b("Max", exponent, -64)
    rounded = b("Exp", least)
    # By Kahan's correction, as in Expm1.
    factor = b.where(rounded.equals(1), rounded, (rounded - 1) / b("Log", rounded))
    return b.where(turned, b("Exp", exponent), -(least * factor))
