"""ψ, its derivatives and Hurwitz's zeta function against series in extended precision."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
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
    """ψ(x) in extended precision: the recurrence up to 30, and the asymptotic series; by reflection below 0."""
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


def arguments(dtype: str) -> np.ndarray:
    """Positive normal numbers: random bit patterns, dense stretches, what surrounds the awkward points."""
    info, unsigned = np.finfo(dtype), BITS[dtype]
    rng = np.random.default_rng(0)
    random = rng.integers(1 << info.nmant, np.array(info.max).view(unsigned), 50_000, dtype=unsigned).view(dtype)
    steps = np.arange(-300, 300).astype(unsigned)  # two's complement: steps down wrap as they should
    near = [(np.array(edge, dtype).view(unsigned) + steps).view(dtype) for edge in (1, ROOT[0], 2, 4, 8)]
    dense = [rng.uniform(low, high, 10_000).astype(dtype) for low, high in ((0.01, 5), (1.4, 1.5), (0, 50), (0, 1e4))]
    return np.concatenate([random, *near, *dense])


def relative_errors(found: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """0 where the result is no normal number of the type."""
    info = np.finfo(found.dtype)
    usual = (np.abs(exact) > info.tiny) & (np.abs(exact) < info.max)
    with np.errstate(all="ignore"):
        return np.where(usual, np.abs(found.astype(np.longdouble) / exact - 1), 0).astype(float)


def of_one(function: Any, dtype: str, converted: Any) -> Any:
    return converted(function, [tf.TensorSpec([None], dtype, name="x")])


def of_two(function: Any, dtype: str, converted: Any, first: float = 2.0) -> Any:
    """Of a first argument, an order, and a second one, compared with TensorFlow's own from 1 on."""

    def inputs(batch: int) -> list[np.ndarray]:
        return [np.full(batch, first, dtype), np.linspace(1, 3, batch).astype(dtype)]

    return converted(function, [tf.TensorSpec([None], dtype, name=name) for name in ("n", "x")], inputs=inputs)


def test_the_oracles_are_exact_where_the_answer_is_known() -> None:
    harmonic = np.cumsum(1 / np.arange(1, 60).astype(np.longdouble)) - EULER
    np.testing.assert_allclose(digamma(np.arange(2, 61)), harmonic, rtol=1e-17)
    half = -EULER - 2 * np.log(np.longdouble(2))
    np.testing.assert_allclose(digamma(np.array([0.5, -0.5])), [half, half + 2], rtol=1e-17)
    known = [PI**2 / 6, PI**4 / 90, PI**2 / 2, PI**2 / 2 + 4]
    np.testing.assert_allclose(zeta([2, 4, 2, 2], [1, 1, 0.5, -0.5]), known, rtol=1e-17)
    edge = ROOT[0] + np.longdouble(0.03) * np.array([-1.001, -0.999, 0.999, 1.001])
    np.testing.assert_allclose(digamma(edge).astype(float), special.digamma(edge.astype(float)), rtol=1e-13)


@pytest.mark.parametrize(("dtype", "bound"), [("float32", 7e-8), ("float64", 8e-16)])
def test_digamma_of_positive_numbers_is_as_good_as_stated(dtype: str, bound: float, converted: Any) -> None:
    x = arguments(dtype)
    exact, found = digamma(x), of_one(tf.math.digamma, dtype, converted)(x)["output"]
    assert found.dtype == dtype
    errors, theirs = relative_errors(found, exact), relative_errors(tf.math.digamma(x).numpy(), exact)
    worst = errors.argmax()
    assert errors[worst] < bound, f"{errors[worst]:.3g} at {x[worst]!r}"
    assert errors[worst] <= 2 * theirs.max()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_digamma_of_negative_numbers_is_as_good_as_stated(dtype: str, converted: Any) -> None:
    rng = np.random.default_rng(0)
    near = np.array([-1, -2, -3, -10])[:, None] + 10.0 ** rng.uniform(-9, -1, (4, 500)) * rng.choice([-1, 1], (4, 500))
    uniform = [rng.uniform(-limit, 0, 10_000) for limit in (1, 10, 1000)]
    x = np.concatenate([*near, *uniform, -(10.0 ** rng.uniform(-37, 0, 1000))]).astype(dtype)
    exact, found = digamma(x), of_one(tf.math.digamma, dtype, converted)(x)["output"]
    np.testing.assert_array_equal(np.isnan(found), np.isnan(exact))
    if dtype == "float32":
        assert relative_errors(found, exact).max() < 7e-8
    errors = np.abs(found - exact) / np.maximum(np.maximum(1, np.abs(exact)), np.log(1 - x.astype(float)))
    assert np.nanmax(errors) < (7e-8 if dtype == "float32" else 2e-15)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_digamma_at_poles_and_ends_is_tensorflow_s(dtype: str, converted: Any) -> None:
    x = np.array([0.0, -0.0, -1, -2, -100, np.finfo(dtype).min, -np.inf, np.inf, np.nan, 1, 2.5, -0.25], dtype)
    found = of_one(tf.math.digamma, dtype, converted)(x)["output"]
    assert found.dtype == dtype
    np.testing.assert_allclose(found, tf.math.digamma(x).numpy(), rtol=1e-3 if dtype == "float16" else 1e-6)
    np.testing.assert_array_equal(np.isnan(found[:8]), [True] * 7 + [False])


def test_digamma_keeps_the_digits_of_its_zero(converted: Any) -> None:
    x = ROOT[0].astype(float) + 1e-15 * np.arange(-20, 20)
    expected = SLOPES[0] * (x - ROOT[0] - ROOT[1])
    found = of_one(tf.math.digamma, "float64", converted)(x)["output"]
    np.testing.assert_allclose(found, expected.astype(float), rtol=1e-14)


def test_graphs_are_of_moderate_size(converted: Any) -> None:
    assert len(of_one(tf.math.digamma, "float32", converted).model.graph.node) < 60
    assert len(of_two(tf.math.zeta, "float64", converted).model.graph.node) < 100
    assert len(of_two(tf.math.polygamma, "float32", converted).model.graph.node) < 120


@pytest.mark.parametrize(("dtype", "bound"), [("float32", 7e-8), ("float64", 1.2e-15)])
def test_zeta_of_positive_numbers_is_as_good_as_stated(dtype: str, bound: float, converted: Any) -> None:
    rng = np.random.default_rng(0)
    s = (1 + 10 ** rng.uniform(-6, 1, 5000)).astype(dtype)
    q = (10 ** rng.uniform(-5, 8, 5000)).astype(dtype)
    exact, found = zeta(s, q), of_two(tf.math.zeta, dtype, converted)(s, q)["output"]
    errors, theirs = relative_errors(found, exact), relative_errors(tf.math.zeta(s, q).numpy(), exact)
    worst = errors.argmax()
    assert errors[worst] < bound, f"{errors[worst]:.3g} at {s[worst]!r}, {q[worst]!r}"
    assert errors[worst] <= 2 * theirs.max()


def test_zeta_of_large_orders_keeps_its_digits(converted: Any) -> None:
    rng = np.random.default_rng(0)
    s, q = 10 ** rng.uniform(1, 4, 2000), 10 ** rng.uniform(-0.1, 4, 2000)
    found = of_two(tf.math.zeta, "float64", converted)(s, q)["output"]
    assert relative_errors(found, zeta(s, q)).max() < 2e-14


@pytest.mark.parametrize(("dtype", "bound"), [("float32", 7e-8), ("float64", 1e-15)])
def test_zeta_of_negative_numbers_is_as_good_as_stated(dtype: str, bound: float, converted: Any) -> None:
    rng = np.random.default_rng(0)
    s, q = rng.integers(2, 12, 5000).astype(dtype), rng.uniform(-20, 0, 5000).astype(dtype)
    exact, found = zeta(s, q), of_two(tf.math.zeta, dtype, converted)(s, q)["output"]
    distance = -q - np.floor(-q)
    unit = zeta(s, distance) + zeta(s, 1 - distance.astype(np.longdouble))
    assert (np.abs(found - exact) / (np.abs(exact) if dtype == "float32" else unit)).max() < bound


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_zeta_at_poles_and_ends_is_tensorflow_s(dtype: str, converted: Any) -> None:
    orders = [-np.inf, -1.0, 0, 0.5, 1, 1.5, 2, 3, 4, 1e30, np.inf]
    points = [-np.inf, -2, -1.25, -1, -0.5, -0.0, 0, 0.5, 1, 1.5, np.inf]
    s, q = (value.ravel().astype(dtype) for value in np.meshgrid(orders, points))
    model = of_two(tf.math.zeta, dtype, converted)
    np.testing.assert_allclose(model(s, q)["output"], tf.math.zeta(s, q).numpy(), rtol=2e-6)
    nan, one = np.full(1, np.nan, dtype), np.ones(1, dtype)
    for pair in ((nan, nan), (nan, one), (one, nan), (2 * one, nan)):
        assert np.isnan(model(*pair)["output"])


@pytest.mark.parametrize(("dtype", "bound"), [("float32", 7e-8), ("float64", 3e-15)])
def test_polygamma_is_as_good_as_stated(dtype: str, bound: float, converted: Any) -> None:
    rng = np.random.default_rng(0)
    n = rng.integers(1, 34, 5000)
    x = np.where(n < 6, 10 ** rng.uniform(-3, 5, 5000), 10 ** rng.uniform(0, 2, 5000)).astype(dtype)
    factorials = special.factorial(np.arange(34), exact=True).astype(np.longdouble)
    exact = (2 * (n % 2) - 1) * factorials[n] * zeta(n + 1, x)
    found = of_two(tf.math.polygamma, dtype, converted)(n.astype(dtype), x)["output"]
    errors = relative_errors(found, exact)
    theirs = relative_errors(tf.math.polygamma(n.astype(dtype), x).numpy(), exact)
    worst = errors.argmax()
    assert errors[worst] < bound, f"{errors[worst]:.3g} at {n[worst]}, {x[worst]!r}"
    assert errors[worst] <= 2 * theirs.max()


def test_polygamma_of_negative_numbers(converted: Any) -> None:
    n, x = np.array([1.0, 2, 3, 4, 30]), np.array([-0.25, -1.25, -7.5, -0.75, -0.5])
    signs, factorials = 2 * (n % 2) - 1, special.factorial(n)
    found = of_two(tf.math.polygamma, "float64", converted)(n, x)["output"]
    np.testing.assert_allclose(found, (signs * factorials * zeta(n + 1, x)).astype(float), rtol=1e-14)


def test_polygamma_of_order_0_is_digamma_and_of_no_order_nan(converted: Any) -> None:
    model = of_two(tf.math.polygamma, "float64", converted)
    x = np.array([-1.5, -1, 0, 0.5, 1, 30, np.inf, np.nan])
    np.testing.assert_allclose(model(np.zeros(8), x)["output"], digamma(x).astype(float), rtol=1e-15)
    orders = np.array([-1, 0.5, np.nan, -np.inf])
    np.testing.assert_array_equal(model(orders, np.full(4, 2.0))["output"], [np.nan] * 4)


def test_arguments_broadcast_whatever_their_shapes(converted: Any) -> None:
    signature = [tf.TensorSpec([None, 1], "float64", name="n"), tf.TensorSpec([2, 1, None], "float64", name="x")]

    def inputs(batch: int) -> list[np.ndarray]:
        return [np.full((batch, 1), 3.0), np.linspace(1, 2, 2 * batch).reshape(2, 1, batch)]

    n, x = np.array([[2.0], [3], [4]]), np.linspace(-3.2, 5, 10).reshape(2, 1, 5)
    found = converted(tf.math.zeta, signature, inputs=inputs)(n, x)["output"]
    np.testing.assert_allclose(found, zeta(n, x).astype(float), rtol=1e-13)
    found = converted(tf.math.polygamma, signature, inputs=inputs)(n, x)["output"]
    np.testing.assert_allclose(found, tf.math.polygamma(n, x).numpy(), rtol=1e-13)


@pytest.mark.parametrize("function", [tf.math.zeta, tf.math.polygamma])
def test_no_entries_give_none(function: Any, converted: Any) -> None:
    assert of_two(function, "float32", converted)(*np.zeros((2, 0), np.float32))["output"].shape == (0,)
