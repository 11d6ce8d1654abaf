"""ψ, its derivatives and Hurwitz's zeta function against series in extended precision."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import special  # type: ignore[import-untyped, unused-ignore]

BITS: dict[str, Any] = {"float32": np.uint32, "float64": np.uint64}
EULER = np.longdouble("0.577215664901532860606512090082402431")
PI = np.longdouble("3.14159265358979323846264338327950288")
ROOT = (np.longdouble(1.4616321449683622), np.longdouble("9.54999542996569771518e-17"))  # its two parts
# ψ(ROOT + d) = Σ SLOPES·dᵏ, k = 1, 2, …, by mpmath.
SLOPES = tuple(
    np.longdouble(text)
    for text in (
        "0.967672245447621170427445",
        "-0.442763168983592106092865",
        "0.258499760955651010624401",
        "-0.163942705442406527504251",
        "0.107824050691262365757183",
        "-0.0721995612564547109261218",
        "0.0488042881641431072250925",
        "-0.0331611264748473592922584",
        "0.0225976482322181046596248",
        "-0.0154247659049489591388003",
        "0.010538791616612175388124",
        "-0.00720453438635686824097047",
    )
)
# B₂, B₄, …
BERNOULLI = ((1, 6), (-1, 30), (1, 42), (-1, 30), (5, 66), (-691, 2730), (7, 6), (-3617, 510), (43867, 798))


def digamma(x: np.ndarray) -> np.ndarray:
    """ψ(x) in extended precision: the recurrence up to 30, the asymptotic series from there on; by reflection below 0."""
    x = x.astype(np.longdouble)
    with np.errstate(all="ignore"):
        y = np.where(x > 0, x, 1 - x)
        total = np.zeros_like(y)
        for _ in range(30):
            low = y < 30
            total = np.where(low, total - 1 / y, total)
            y = np.where(low, y + 1, y)
        rest = sum(np.longdouble(a) / b / (2 * k) * y ** (-2.0 * k) for k, (a, b) in enumerate(BERNOULLI, 1))
        value = total + np.log(y) - 1 / (2 * y) - rest
        distance = x - np.rint(x)
        reflected = value - PI * np.sin(PI * (np.longdouble(0.5) - np.abs(distance))) / np.sin(PI * distance)
        value = np.where(x > 0, value, np.where((distance == 0) | np.isinf(x), np.nan, reflected))
        d = x - ROOT[0] - ROOT[1]
        near = sum(slope * d**k for k, slope in enumerate(SLOPES, 1))
    return np.where(np.abs(d) < 0.03, near, value)


def zeta(s: Any, q: Any) -> np.ndarray:
    """ζ(s, q) in extended precision: eighty terms, and Euler and Maclaurin's formula for the others.

    A negative q, which only an integer s may have, is at least −40.
    """
    s, q = (np.asarray(value, np.longdouble) for value in np.broadcast_arrays(s, q))
    total = np.zeros(q.shape, np.longdouble)
    with np.errstate(all="ignore"):
        for _ in range(80):
            sign = np.where((q < 0) & (np.mod(s, 2) == 1), -1, 1)
            total, q = total + sign * np.abs(q) ** -s, q + 1
        rest, factor = q / (s - 1) + np.longdouble(0.5), s / q / 2
        for k, (a, b) in enumerate(BERNOULLI, 1):
            rest = rest + np.longdouble(a) / b * factor
            factor = factor * (s + 2 * k - 1) * (s + 2 * k) / q**2 / ((2 * k + 1) * (2 * k + 2))
        return total + np.where(q**-s > 0, q**-s * rest, 0)
