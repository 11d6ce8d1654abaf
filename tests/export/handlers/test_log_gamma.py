"""log Γ over its whole domain, against series in extended precision."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy import special  # type: ignore[import-untyped, unused-ignore]

BITS: dict[str, Any] = {"float32": np.uint32, "float64": np.uint64}
BOUNDS = {"float32": 9e-8, "float64": 7e-16}  # the measured errors, with a margin for other processors
EULER = np.longdouble("0.577215664901532860606512090082402431")
LOG_TWO_PI = np.longdouble("1.83787706640934548356065947281123527")
PI = np.longdouble("3.14159265358979323846264338327950288")
STIRLING = ((1, 12), (-1, 360), (1, 1260), (-1, 1680), (1, 1188), (-691, 360360), (1, 156))


def zeta_minus_one(k: int) -> np.longdouble:
    """ζ(k) − 1: a thousand terms, and Euler and Maclaurin's formula for the rest."""
    n = np.longdouble(1000)
    first = (np.arange(999, 1, -1).astype(np.longdouble) ** -k).sum()
    rest = 1 / np.longdouble(k - 1) + 1 / (2 * n) + k / (12 * n**2) - k * (k + 1) * (k + 2) / (720 * n**4)
    return first + n ** (1 - k) * rest


TAYLOR = [1 - EULER, *((-1) ** k * zeta_minus_one(k) / k for k in range(2, 34))]


def near_two(z: np.ndarray) -> np.ndarray:
    """log Γ(2 + z) for |z| ≤ 1/2 by its Taylor series."""
    total = np.zeros_like(z)
    for coefficient in reversed(TAYLOR):
        total = (total + coefficient) * z
    return total


def lgamma_of_positive(x: np.ndarray) -> np.ndarray:
    """In extended precision: no sum here cancels to less than a third, so that relative accuracy stays."""
    value = np.full_like(x, np.nan)
    first, second, last = (x >= 0) & (x < 0.5), (x >= 0.5) & (x < 1.5), x >= 30
    middle = (x >= 1.5) & (x < 30)
    value[first] = near_two(x[first]) - np.log(x[first]) - np.log1p(x[first])
    value[second] = near_two(x[second] - 1) - np.log1p(x[second] - 1)
    y, product = x[middle], np.ones_like(x[middle])
    for _ in range(28):
        high = y >= 2.5
        y = np.where(high, y - 1, y)
        product = np.where(high, product * y, product)
    value[middle] = near_two(y - 2) + np.log(product)
    large = x[last]
    rest = sum(np.longdouble(a) / b * (1 / large) ** (2 * power + 1) for power, (a, b) in enumerate(STIRLING))
    value[last] = (large - 0.5) * (np.log(large) - 1) + (LOG_TWO_PI - 1) / 2 + rest
    return value


def lgamma(x: np.ndarray) -> np.ndarray:
    """log |Γ(x)| in extended precision."""
    wide = x.astype(np.longdouble)
    with np.errstate(all="ignore"):
        negative = wide < 0
        value = lgamma_of_positive(np.where(negative, 1 - wide, wide))
        sine = np.abs(np.sin(PI * (wide - np.rint(wide))))
        value = np.where(negative, -np.log(sine / PI) - value, value)
    return np.where(np.isinf(wide) | (negative & (wide == np.rint(wide))), np.inf, value)


def domain(dtype: str) -> np.ndarray:
    """Random bit patterns, what surrounds the awkward points, and dense stretches: no NaN."""
    unsigned, info = BITS[dtype], np.finfo(dtype)
    rng = np.random.default_rng(0)
    random = rng.integers(0, np.iinfo(unsigned).max, 100_000, dtype=unsigned, endpoint=True).view(dtype)
    edges = np.array([0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4.5, 8, 1 / info.eps, info.tiny, info.max], dtype)
    steps = np.arange(-300, 300).astype(unsigned)  # two's complement: steps down wrap as they should
    near = [(sign * edge).view(unsigned) + steps for edge in edges for sign in (1, -1)]
    close = [edge + 10.0 ** rng.uniform(-9, -1, 500) * rng.choice([-1, 1], 500) for edge in (1, 2, -1, -2, -3)]
    dense = [rng.uniform(low, high, 10_000) for low, high in ((0, 5), (0, 40), (-40, 0), (0, 1e4), (-1e4, 0))]
    whole = np.concatenate([random, *(bits.view(dtype) for bits in near), *(x.astype(dtype) for x in close + dense)])
    return whole[~np.isnan(whole)]


def log_gamma(dtype: str, converted: Any) -> Any:
    return converted(tf.math.lgamma, [tf.TensorSpec([None], dtype, name="x")])


def test_the_oracle_is_exact_where_the_answer_is_known() -> None:
    integers = np.arange(1, 60)
    factorials = np.cumsum(np.log(np.maximum(integers - 1, 1).astype(np.longdouble)))
    np.testing.assert_allclose(lgamma(integers.astype(float)), factorials, rtol=1e-17, atol=1e-18)
    halves = np.log(np.array([1, -2, 4 / np.longdouble(3)]) ** 2 * PI) / 2
    np.testing.assert_allclose(lgamma(np.array([0.5, -0.5, -1.5])), halves, rtol=1e-17)
    x = np.random.default_rng(0).uniform(0, 100, 1000)
    np.testing.assert_allclose(lgamma(x).astype(float), special.gammaln(x), rtol=1e-13)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_log_gamma_of_positive_numbers_is_as_good_as_stated(dtype: str, converted: Any) -> None:
    x = np.abs(domain(dtype))
    exact, found = lgamma(x), log_gamma(dtype, converted)(x)["output"]
    assert found.dtype == dtype
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(np.isinf(found), np.isinf(exact.astype(dtype)))
    usual = np.isfinite(found) & (exact != 0)
    np.testing.assert_array_equal(found[exact == 0], 0)
    errors = np.abs(found[usual].astype(np.longdouble) / exact[usual] - 1)
    theirs = np.abs(tf.math.lgamma(x[usual]).numpy().astype(np.longdouble) / exact[usual] - 1)
    worst = errors.argmax()
    assert errors[worst] < BOUNDS[dtype], f"{errors[worst]:.3g} at {x[usual][worst]!r}"
    assert errors[worst] <= 2 * theirs[x[usual] >= np.finfo(dtype).tiny].max()  # TensorFlow takes the others for 0


def test_log_gamma_of_negative_numbers_in_float32_is_rounded_once(converted: Any) -> None:
    x = -np.abs(domain("float32"))
    exact, found = lgamma(x), log_gamma("float32", converted)(x)["output"]
    finite = np.isfinite(exact)
    np.testing.assert_array_equal(found[~finite], exact[~finite])
    np.testing.assert_allclose(found[finite].astype(float), exact[finite].astype(float), rtol=7e-8)


def test_log_gamma_of_negative_numbers_in_float64_is_as_good_as_stated(converted: Any) -> None:
    x = -np.abs(domain("float64"))
    exact, found = lgamma(x), log_gamma("float64", converted)(x)["output"]
    finite = np.isfinite(exact)
    np.testing.assert_array_equal(found[~finite], exact[~finite])
    with np.errstate(all="ignore"):
        unit = np.maximum(np.maximum(1, np.abs(exact)), lgamma_of_positive(1 - x.astype(np.longdouble)))
        errors = np.abs(found - exact) / unit
    assert errors[finite].max() < 1e-15


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_log_gamma_at_poles_zeros_and_ends(dtype: str, converted: Any) -> None:
    poles = [0.0, -0.0, -1, -2, -3, -100, np.finfo(dtype).min, -np.inf, np.inf]
    x = np.array([*poles, 1, 2, np.nan], dtype)
    expected = [np.inf] * len(poles) + [0, 0, np.nan]
    found = log_gamma(dtype, converted)(x)["output"]
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("dtype", "distance", "rtol"), [("float32", 1e-5, 6e-8), ("float64", 1e-12, 6e-16)])
def test_the_zeros_of_log_gamma_keep_their_digits(dtype: str, distance: float, rtol: float, converted: Any) -> None:
    model = log_gamma(dtype, converted)
    for zero, slope in ((1, -EULER), (2, 1 - EULER)):
        x = (zero + distance * np.linspace(-1, 1, 101)).astype(dtype)
        z = x.astype(np.longdouble) - zero
        curvature = (np.longdouble(special.zeta(2)) - (zero - 1)) / 2
        third = -(np.longdouble(special.zeta(3)) - (zero - 1)) / 3
        expected = z * (slope + z * (curvature + z * third))
        np.testing.assert_allclose(model(x)["output"].astype(np.longdouble), expected, rtol=rtol)


def test_log_gamma_is_of_moderate_size(converted: Any) -> None:
    assert len(log_gamma("float64", converted).model.graph.node) < 120
    assert len(log_gamma("float32", converted).model.graph.node) < 60
