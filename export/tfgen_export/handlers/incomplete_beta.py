"""The regularised incomplete beta function: the distribution functions of beta, Student and binomial variables.

The errors stated are the largest relative ones, where the result is a normal number, measured in ONNX Runtime on x86-64
against Arb, on ten thousand triples with a and b from 10⁻⁸ to 10⁷, x near the mean, near 0 and 1 and between.
"""

from typing import Any, NamedTuple

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.beta_expansions import corner, transition
from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.precision import deviance, rounding_of_product, stirling_correction
from tfgen_export.handlers.subset import amend_entries
from tfgen_export.handlers.value import Value

__all__ = ["Betainc"]


class _Plan(NamedTuple):
    """How far each formula is taken, and where."""

    steps: int  # a multiple of the next
    rows: int
    size: float
    distance: float
    orders: int
    terms: int


# To 10⁻¹⁶ of the result, and to 10⁻⁹ where it is rounded to float32.
_LONG = _Plan(steps=28, rows=7, size=60, distance=10, orders=14, terms=24)
_SHORT = _Plan(steps=12, rows=6, size=16, distance=8, orders=12, terms=18)


@tf_op("Betainc")
class Betainc:
    """I(a, b, x) = ∫₀ˣ tᵃ⁻¹·(1 − t)ᵇ⁻¹ dt / B(a, b), computed in float64 whatever the type, and rounded once.

    On the side of the mean a/(a + b) where x lies, as I(a, b, x) or as 1 − I(b, a, 1 − x):

    - In the corner b < 2, 1 − x < 1/10, a·(1 − x) < 5/2 by a series, on either side, so that no digit is lost for a
      small b.
    - Where ab/(a + b) is large and x near the mean by a uniform expansion about the normal distribution.
    - Else xᵃ·(1 − x)ᵇ/B(a, b) times a continued fraction. A few steps are enough, since what follows the last is
      estimated.

    The factor xᵃ·(1 − x)ᵇ/B(a, b) is e to the minus deviance of x from the mean, times Stirling's corrections, so that
    nothing cancels in it for large a and b.

    0 at x = 0 and 1 at x = 1; NaN where a or b is not positive, x is outside, or a or b is infinite between.

    Largest relative error: 6.0·10⁻⁸ in float32; in float64 2.5·10⁻¹⁴ where the result is above 10⁻²⁰, 2.3·10⁻¹³ down to
    10⁻³⁰⁷ (TensorFlow's own: more than 300 in float32, 0.6 in float64; for a and b up to 100 8·10⁻⁵ and 2·10⁻¹³).

    Reference:
        *NIST digital library of mathematical functions*, 8.17; DiDonato, Morris, *Algorithm 708: significant digit
        computation of the incomplete beta function ratios*, ACM Transactions on Mathematical Software 18, 1992, for
        the continued fraction.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b.in_float64(lambda first, second, x: _regularized(b, first, second, x)))


def _regularized(b: Builder, first: Value, second: Value, x: Value) -> Value:
    exact = b.dtype == np.float64
    plan = _LONG if exact else _SHORT
    shape = b("Shape", first + second + x)
    first, second, x = (b("Expand", value, shape) for value in (first, second, x))
    valid = (first > 0) & (second > 0) & (x >= 0) & (x <= 1)
    valid = valid & ((b("Max", first, second) < np.inf) | x.equals(0) | x.equals(1))
    # No product of what follows leaves the range of float64.
    first, second = (b("Clip", value, 1e-150, 1e150) for value in (first, second))
    y = 1 - x
    lower = (1 - y) - x  # x + y + lower is 1, exactly
    one, two = first * y, second * x
    rest = first * lower
    if exact:
        rest = rest + (rounding_of_product(first, y, one) - rounding_of_product(second, x, two))
    excess = (one - two) + rest  # a − (a + b)·x
    here = (second < 2) & (y < 0.1) & (one < 2.5)
    there = (first < 2) & (x < 0.1) & (two < 2.5)
    corners = here | there
    turned = ((excess < 0) & ~here) | there
    a, c = b.where(turned, second, first), b.where(turned, first, second)
    x, y = b.where(turned, y, x), b.where(turned, x, y)
    excess = b.where(turned, -excess, excess)

    total = a + c
    size = a / total * c
    both = _stack(b, a, c)
    deviances = deviance(b, _stack(b, -excess, excess) / both, b("Log", _stack(b, x, y) / both * total))
    distance = b("ReduceSum", both * deviances, b.integers(0), keepdims=0)
    exponential = b("Exp", -distance)
    factor = _factor(b, a, c, total)
    near = (size >= plan.size) & (distance < plan.distance) & ~corners

    value = amend_entries(
        b, exponential * 0, ~(corners | near), lambda *entries: _fraction(b, plan, *entries), a, c, x, y, excess, factor
    )
    value = amend_entries(
        b,
        value,
        near,
        lambda *entries: transition(b, plan.orders, *entries),
        size,
        distance,
        (c - a) / total,
        factor,
    )
    value = value * exponential
    value = b.where(turned, 1 - value, value)
    value = amend_entries(b, value, corners, lambda *entries: corner(b, plan.terms, *entries), a, c, y, turned)
    return b.where(valid, value, np.nan)


def _stack(b: Builder, *values: Value) -> Value:
    """The values along a new first axis."""
    return b("Concat", *(b("Unsqueeze", value, b.integers(0)) for value in values), axis=0)


def _factor(b: Builder, first: Value, second: Value, total: Value) -> Value:
    """aᵃ·bᵇ/(a + b)ᵃ⁺ᵇ/B(a, b), by Stirling's formula; below 2 by that of a + 2, as Γ(a) = Γ(a + 2)/(a·(a + 1))."""
    a = _stack(b, first, second, total)
    small = a < 2
    shifted = b.where(small, a + 2, a)
    inverse = 1 / shifted
    correction = stirling_correction(b, inverse)
    difference = a * b("Log", a) - shifted * b("Log", shifted) + 2
    exponent = b.where(small, difference, 0.0) - correction
    root = b("Sqrt", shifted * (0.5 / np.pi)) * b.where(small, a * (a + 1), 1.0)
    roots, exponents = (b.outputs("Split", value, count=3, axis=0, num_outputs=3) for value in (root, exponent))
    factor = roots[0] / roots[2] * roots[1] * b("Exp", exponents[0] + exponents[1] - exponents[2])
    return b("Squeeze", factor, b.integers(0))


def _fraction(b: Builder, plan: _Plan, a: Value, c: Value, x: Value, y: Value, excess: Value, factor: Value) -> Value:
    """I(a, c, x)·e^D for vectors, where xᵃ·(1 − x)ᶜ/B(a, c) is the factor times e^(−D), by a continued fraction.

    That is the factor over β₀ + α₁/(β₁ + α₂/(β₂ + …)), βₙ = n + n·(c − n)·x/(a + 2n − 1) + rₙ·(excess + 1 + n·(1 + y)),
    αₙ₊₁ = rₙ·(a + c + n)/(a + 2n + 1)·(n + 1)·(c − n − 1)·x² with rₙ = (a + n)/(a + 2n + 1), taken from the last step
    to the first. As the tails grow by about g = (1 + √y)²/2 a step, the first of them f solves f = β + α/(f + g).
    """
    total, base, slope = (a + c) * x, excess + 1, 1 + y

    def step(n: Any) -> tuple[Value, Value]:
        odd = a + (2 * n + 1)
        ratio = (a + n) / odd
        multiple = x * n
        beta = n + (c - n) * multiple / (odd - 2) + ratio * (base + slope * n)
        return ratio * ((total + multiple) / odd) * ((c - (n + 1)) * (multiple + x)), beta

    alpha, beta = step(plan.steps + 1.0)
    growth = b("Sqrt", y) + 1
    growth = 0.5 * growth * growth
    half = 0.5 * (beta - growth)
    tail = half + b("Sqrt", b("Max", half * half + (beta * growth + alpha), 0))

    def body(index: Value, tail: Value) -> tuple[None, list[Value]]:
        # Some steps at once, as rows, need fewer nodes.
        n = (plan.steps - plan.rows * index.cast(np.float64)) - np.arange(float(plan.rows))[:, None]
        alphas, betas = (b.outputs("Split", rows, count=plan.rows, axis=0, num_outputs=plan.rows) for rows in step(n))
        for alpha, beta in zip(alphas, betas, strict=True):
            tail = beta + alpha / tail
        return None, [b("Squeeze", tail, b.integers(0))]

    tail = b.loop(body, [tail], count=plan.steps // plan.rows)[0]
    odd = a + 1
    return factor * odd / (a * (base + total / odd * ((c - 1) * x) / tail))
