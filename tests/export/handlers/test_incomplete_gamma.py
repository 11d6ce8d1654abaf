"""Incomplete gamma functions against series and fractions in extended precision, and mpmath where these are slow."""

import functools
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy import special  # type: ignore[import-untyped, unused-ignore]

# a, x, P(a, x), Q(a, x): numbers of float32, by mpmath's quadrature or series in 80 digits.
KNOWN = (
    (100000.0, 100000.0, 0.50042052211036517669, 0.49957947788963482331),
    (100000.0, 99000.0, 0.00075741992117476797412, 0.99924258007882523203),
    (1000000.0, 1003000.0, 0.99863825935378240852, 0.0013617406462175914794),
    (100000000.0, 100000000.0, 0.50001329807601411987, 0.49998670192398588013),
    (100000000.0, 100050000.0, 0.99999971215703131472, 2.8784296868527810513e-7),
    (100000000.0, 99900000.0, 7.369931066896993947e-24, 1.0),
    (999999995904.0, 999999995904.0, 0.50000013298076040616, 0.49999986701923959384),
    (999999995904.0, 1000002027520.0, 0.97890367457951476138, 0.021096325420485238616),
    (9.999999682655225e-21, 1.0000000031710769e-30, 0.99999999999999999931, 6.8500334947926356322e-19),
    (9.999999682655225e-21, 0.5, 0.99999999999999999999, 5.59773577012038285e-21),
    (9.999999960041972e-13, 1.5, 0.99999999999989998042, 1.0001958200710749097e-13),
    (9.999999960041972e-13, 10.0, 0.99999999999999999584, 4.1569689130872202051e-18),
)
STIRLING = ((1, 12), (-1, 360), (1, 1260), (-1, 1680), (1, 1188), (-691, 360360), (1, 156))


def log_gamma(x: np.ndarray) -> np.ndarray:
    """log Γ(x) for x > 0 in extended precision, which is small in absolute terms near 1 and 2 too."""
    product = np.ones_like(x)
    for _ in range(30):
        product, x = np.where(x < 30, product * x, product), np.where(x < 30, x + 1, x)
    rest = sum(np.longdouble(a) / b / x ** (2 * power + 1) for power, (a, b) in enumerate(STIRLING))
    half = np.log(2 * np.longdouble("3.14159265358979323846264338327950288")) / 2
    return (x - 0.5) * np.log(x) - x + half + rest - np.log(product)


def both(a: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """P and Q in extended precision, for 10⁻³ < a < 10⁴: the series of P up to x = a, the fraction of Q above."""
    a, x = a.astype(np.longdouble), x.astype(np.longdouble)
    with np.errstate(all="ignore"):
        scale = np.exp(a * np.log(x) - x - log_gamma(a))
        term = total = 1 / a
        for n in range(1, 800):
            term = term * (x / (a + n))
            total = total + term
        fraction = x - a + 2001
        for m in range(1000, 0, -1):
            fraction = x - a + (2 * m - 1) + m * (a - m) / fraction
        lower = (x <= a) | (x <= 0.3)
        p = np.where(lower, scale * total, 1 - scale / fraction)
        return p, np.where(lower, 1 - p, scale / fraction)


def pairs(dtype: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    small, moderate, large = 10.0 ** np.array([rng.uniform(*ends, 700) for ends in ((-3, 0.5), (0, 1.4), (1, 3.9))])
    close = large * np.maximum(0.1, 1 + 5 * rng.normal(size=700) / np.sqrt(large))
    edge = large * rng.choice([0.74, 0.76, 0.79, 0.81, 1.19, 1.21, 1.24, 1.26], 700)
    points = [(small, 10 ** rng.uniform(-6, 1.9, 700)), (small, rng.uniform(0, 6, 700)), (large, close), (large, edge)]
    points += [(moderate, moderate * 10 ** rng.uniform(-1, 1, 700)), (10 + moderate, rng.uniform(5, 40, 700))]
    a, x = (np.concatenate(parts).astype(dtype) for parts in zip(*points, strict=True))
    return a, x


@functools.cache
def regularized(dtype: str, converted: Any) -> Any:
    """P and Q by one model a type."""

    def inputs(batch: int) -> list[np.ndarray]:
        return [np.linspace(low, high, batch).astype(dtype) for low, high in ((1, 5), (0.5, 9))]

    signature = [tf.TensorSpec([None], dtype, name=name) for name in "ax"]
    return converted(lambda a, x: {"p": tf.math.igamma(a, x), "q": tf.math.igammac(a, x)}, signature, inputs=inputs)


def relative_errors(found: np.ndarray, exact: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        errors = np.abs(found.astype(np.longdouble) / exact - 1).astype(float)
    return np.where(exact > np.finfo(found.dtype).tiny, errors, 0)


def test_the_oracle_is_exact_where_the_answer_is_known() -> None:
    x = np.array([0.01, 0.5, 1, 2, 3, 10, 40])
    wide = x.astype(np.longdouble)
    p, q = both(np.full(7, 2.0), x)
    np.testing.assert_allclose(q, np.exp(-wide) * (1 + wide), rtol=1e-17)
    np.testing.assert_allclose(both(np.full(7, 0.5), x)[1].astype(float), special.erfc(np.sqrt(x)), rtol=1e-14)
    np.testing.assert_allclose(p.astype(float), special.gammainc(2, x), rtol=1e-14)
    p, q = both(np.array([9e3, 9e3]), np.array([8.9e3, 9.1e3]))
    np.testing.assert_allclose(p.astype(float), special.gammainc(9e3, [8.9e3, 9.1e3]), rtol=1e-12)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize(("dtype", "usual", "any_"), [("float32", 7e-8, 7e-8), ("float64", 2e-14, 2e-13)])
def test_the_errors_are_as_stated(dtype: str, usual: float, any_: float, upper: bool, converted: Any) -> None:
    a, x = pairs(dtype)
    exact = both(a, x)[upper]
    found = regularized(dtype, converted)(a, x)["pq"[upper]]
    assert found.dtype == dtype
    errors = relative_errors(found, exact)
    theirs = relative_errors((tf.math.igammac if upper else tf.math.igamma)(a, x).numpy(), exact)
    for chosen, bound in (((a < 1000) & (exact > 1e-10), usual), (a > 0, any_)):
        worst = np.where(chosen, errors, 0).argmax()
        assert errors[worst] < bound, f"{errors[worst]:.3g} at {a[worst]!r}, {x[worst]!r}"
        assert errors[worst] <= 2 * theirs[chosen].max()


@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 7e-8), ("float64", 4e-15)])
def test_large_and_tiny_a(dtype: str, rtol: float, converted: Any) -> None:
    a, x, *exact = np.array(KNOWN).T
    found = regularized(dtype, converted)(a.astype(dtype), x.astype(dtype))
    # Far from the mean the rounding of the exponent shows.
    bound = np.where((a > 1) & (np.abs(x / a - 1) * np.sqrt(a) > 5), max(rtol, 5e-14), rtol)
    for name, values in zip("pq", exact, strict=True):
        errors = relative_errors(found[name], values)
        assert (errors <= bound).all(), errors


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_edges_are_tensorflow_s(dtype: str, converted: Any) -> None:
    firsts, seconds = [-np.inf, -1, -0.0, 0, 0.5, 1, 5, 30, np.inf], [-np.inf, -1, -0.0, 0, 0.5, 1, 4, 1e4, np.inf]
    a, x = (value.ravel().astype(dtype) for value in np.meshgrid(firsts, seconds))
    keep = (a < np.inf) | (x < np.inf)  # where TensorFlow says 0 of both
    model = regularized(dtype, converted)
    for name, function, limit in (("p", tf.math.igamma, 0), ("q", tf.math.igammac, 1)):
        found = model(a, x)[name]
        np.testing.assert_allclose(found[keep], function(a, x).numpy()[keep], rtol=3e-5, atol=1e-38)
        np.testing.assert_array_equal(found[~keep], limit)
        nan, one = np.full(1, np.nan, dtype), np.ones(1, dtype)
        for pair in ((nan, nan), (nan, one), (one, nan), (nan, 0 * one), (0 * one, nan)):
            assert np.isnan(model(*pair)[name])


def test_arguments_broadcast_whatever_their_shapes(converted: Any) -> None:
    signature = [tf.TensorSpec([None, 1], "float64", name="a"), tf.TensorSpec([2, 1, None], "float64", name="x")]

    def inputs(batch: int) -> list[np.ndarray]:
        return [np.linspace(1, 3, batch)[:, None], np.linspace(1, 2, 2 * batch).reshape(2, 1, batch)]

    a, x = np.array([[0.1], [1.5], [50]]), 10 ** np.linspace(-1, 2, 10).reshape(2, 1, 5)
    model = converted(tf.math.igamma, signature, inputs=inputs)
    np.testing.assert_allclose(model(a, x)["output"], special.gammainc(a, x), rtol=1e-12)
    assert model(a[:0], x)["output"].shape == (2, 0, 5)


def test_the_graphs_are_of_moderate_size(converted: Any) -> None:
    for dtype in ("float32", "float64"):
        assert len(regularized(dtype, converted).model.graph.node) < 250
