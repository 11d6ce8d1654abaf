"""The error functions over their whole domains, against a series and a continued fraction in extended precision."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import special  # type: ignore[import-untyped, unused-ignore]

BOUNDS = {  # the measured largest relative errors, with a margin for other processors
    ("erf", "float32"): 1e-7,
    ("erf", "float64"): 4e-16,
    ("erfc", "float32"): 7e-8,
    ("erfc", "float64"): 1.3e-15,
    ("erfinv", "float32"): 7e-8,
    ("erfinv", "float64"): 1.1e-15,
    ("ndtri", "float32"): 7e-8,
    ("ndtri", "float64"): 1.1e-15,
}
FUNCTIONS = {"erf": tf.math.erf, "erfc": tf.math.erfc, "erfinv": tf.math.erfinv, "ndtri": tf.math.ndtri}
ROOT_PI = np.sqrt(np.longdouble("3.14159265358979323846264338327950288"))
ROOT_TWO = np.sqrt(np.longdouble(2))
DTYPES = ["float32", "float64"]


def erf_near(x: np.ndarray) -> np.ndarray:
    """erf x in extended precision for |x| ≤ 3/2, by a series of terms of one sign."""
    term = total = x
    for n in range(1, 60):
        term = term * 2 * x * x / (2 * n + 1)
        total = total + term
    return 2 / ROOT_PI * np.exp(-x * x) * total


def erfc_far(x: np.ndarray) -> np.ndarray:
    """erfc x in extended precision for x ≥ 3/2, by its continued fraction."""
    tail = x
    for n in range(400, 0, -1):
        tail = x + np.longdouble(n) / 2 / tail
    return np.exp(-x * x) / (ROOT_PI * tail)


def both(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """erf x and erfc x."""
    wide = np.clip(x.astype(np.longdouble), -120, 120)
    small = np.abs(wide) <= 1.5
    erf = erf_near(np.where(small, wide, 0))
    tail = erfc_far(np.where(small, 2, np.abs(wide)))
    erf = np.where(small, erf, np.sign(wide) * (1 - tail))
    return erf, np.where(small, 1 - erf, np.where(wide < 0, 2 - tail, tail))


def inverse_error(q: np.ndarray, tail: np.ndarray, found: np.ndarray) -> np.ndarray:
    """The relative error of `found` as the 1/2 + q quantile of the standard normal; `tail` is 1/2 − |q|."""
    size = np.abs(found)
    erf, erfc = both(size / ROOT_TWO)
    density = np.exp(-size * size / 2) / (ROOT_PI * ROOT_TWO)
    excess = np.where(np.abs(q) < 0.3, erf / 2 - np.abs(q), tail - erfc / 2)
    return np.abs(excess / (density * size))


def arguments(name: str, dtype: str) -> np.ndarray:
    """Dense stretches, every order of magnitude, and what surrounds the seams."""
    rng, info = np.random.default_rng(0), np.finfo(dtype)
    small = 10.0 ** rng.uniform(np.log10(info.tiny), 0, 3000)
    if name == "ndtri":
        seams, top = np.array([0.125, 0.5, 0.875]), 1.0
        parts = [small, 1 - small, 0.5 + small / 2, 0.5 - small / 2, rng.uniform(0, 1, 10_000)]
    elif name == "erfinv":
        seams, top = np.array([-0.75, 0.75]), 1.0
        parts = [small, -small, 1 - small, small - 1, rng.uniform(-1, 1, 10_000)]
    else:
        seams, top = np.array([-0.7, 0.7, 6, 26.5, 28]), float(info.max)
        parts = [small, -small, rng.uniform(-7, 28, 10_000), rng.uniform(-1, 1, 10_000), 10 ** rng.uniform(0, 30, 99)]
    around = (seams[:, None] * (1 + np.arange(-50, 51) * info.eps)).ravel()
    x = np.unique(np.concatenate([*parts, around]).astype(dtype))
    normal = (np.abs(x) >= info.tiny) & (np.abs(x) <= top)
    return x[normal & (np.abs(x) < 1) & (x != 0.5)] if top == 1 else x[normal]


def errors_of(name: str, x: np.ndarray, found: np.ndarray) -> np.ndarray:
    wide, found = x.astype(np.longdouble), found.astype(np.longdouble)
    with np.errstate(all="ignore"):
        if name == "ndtri":
            return inverse_error(wide - 0.5, np.minimum(wide, 1 - wide), found)
        if name == "erfinv":
            return inverse_error(wide / 2, (1 - np.abs(wide)) / 2, found * ROOT_TWO)
        exact = both(x)[name == "erfc"]
        return np.where(np.abs(exact) >= np.finfo(x.dtype).tiny, np.abs(found / exact - 1), 0)


def test_the_oracle_is_right() -> None:
    x = np.linspace(-5, 25, 3001)
    erf, erfc = both(x)
    np.testing.assert_allclose(erf.astype(float), special.erf(x), rtol=1e-15)
    np.testing.assert_allclose(erfc.astype(float), special.erfc(x), rtol=1e-13)
    # By mpmath, in fifty digits.
    known = {
        0.5: "0.4795001221869534623172533461080354710",
        3.0: "0.00002209049699858544137277612958232037985",
        25.0: "8.300172571196522752044012769513722769e-274",
    }
    np.testing.assert_allclose(
        both(np.array([*known]))[1], [np.longdouble(value) for value in known.values()], rtol=2e-17
    )
    seam = np.array([1.5], np.longdouble)
    np.testing.assert_allclose(1 - erf_near(seam), erfc_far(seam), rtol=1e-17)
    p = np.linspace(1e-9, 0.999, 1000)
    assert errors_of("ndtri", p, special.ndtri(p)).max() < 1e-14
    assert errors_of("ndtri", p, special.ndtri(p) * (1 + 1e-8)).min() > 0.9e-8


@functools.cache
def model_of(function: Callable[..., Any], dtype: Any, converted: Any) -> Any:
    signature = [tf.TensorSpec([None], dtype, name="x")]
    return converted(function, signature, inputs=lambda batch: [np.linspace(0.01, 0.98, batch)])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_error_over_the_whole_domain_is_the_one_stated(name: str, dtype: str, converted: Any) -> None:
    x = arguments(name, dtype)
    found = model_of(FUNCTIONS[name], dtype, converted)(x)["output"]
    assert found.dtype == dtype
    errors, theirs = errors_of(name, x, found), errors_of(name, x, FUNCTIONS[name](x).numpy())
    worst = errors.argmax()
    assert errors.max() < BOUNDS[name, dtype], f"{errors.max():.3g} at {x[worst]!r}"
    assert errors.max() <= 2 * np.nanmax(theirs)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("erf", [0.0, -0.0, np.inf, -np.inf, np.nan], [0.0, -0.0, 1, -1, np.nan]),
        ("erfc", [0.0, -0.0, np.inf, -np.inf, np.nan, 200, -200], [1, 1, 0, 2, np.nan, 0, 2]),
        ("erfinv", [0.0, -0.0, 1, -1, 1.5, -2, np.inf, np.nan], [0.0, -0.0, np.inf, -np.inf, *[np.nan] * 4]),
        ("ndtri", [0.0, -0.0, 1, 0.5, -0.1, 1.1, -np.inf, np.nan], [-np.inf, -np.inf, np.inf, 0, *[np.nan] * 4]),
    ],
)
def test_zeros_ends_and_what_lies_beyond(
    name: str, x: list[float], expected: list[float], dtype: str, converted: Any
) -> None:
    found = model_of(FUNCTIONS[name], dtype, converted)(np.array(x, dtype))["output"]
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, expected)
    if name != "ndtri":
        known = ~np.isnan(found)
        np.testing.assert_array_equal(np.signbit(found)[known], np.signbit(np.array(expected))[known])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_any_rank_and_size_goes_through(name: str, converted: Any) -> None:
    model = converted(FUNCTIONS[name], [tf.TensorSpec([None, 2, None], tf.float64, name="x")])
    x = np.random.default_rng(0).uniform(0.1, 0.9, (3, 2, 4))
    expected = {"erfinv": special.erfinv, "ndtri": special.ndtri, "erf": special.erf, "erfc": special.erfc}[name](x)
    np.testing.assert_allclose(model(x)["output"], expected, rtol=1e-14)
    assert model(x[:0])["output"].shape == (0, 2, 4)


@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 3e-7), ("float64", 3e-15)])
def test_the_inverse_of_erfc(dtype: str, rtol: float, converted: Any) -> None:
    x = np.concatenate([10.0 ** np.linspace(-37, 0, 500), np.linspace(0.9, 1.99, 500)]).astype(dtype)
    found = model_of(tf.math.erfcinv, dtype, converted)(x)["output"]
    exact = special.erfcinv(x.astype(float))
    np.testing.assert_allclose(found, exact, rtol=rtol, atol=rtol / 10)


@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 5e-7), ("float64", 3e-15)])
def test_the_scaled_erfc_of_tfp(dtype: str, rtol: float, converted: Any) -> None:
    x = np.concatenate([np.linspace(-5, 20, 600), 10.0 ** np.linspace(1.5, 10, 100)]).astype(dtype)
    found = model_of(tfp.math.erfcx, dtype, converted)(x)["output"]
    theirs, exact = tfp.math.erfcx(x).numpy(), special.erfcx(x.astype(float))
    assert np.abs(found / exact - 1).max() < max(rtol, 2 * np.abs(theirs / exact - 1).max())


@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 1e-6), ("float64", 4e-15)])
def test_a_normal_s_logarithms_and_quantiles(dtype: str, rtol: float, converted: Any) -> None:
    normal = tfp.distributions.Normal(tf.constant(0, dtype), tf.constant(1, dtype))

    def three(x: tf.Tensor) -> dict[str, tf.Tensor]:
        survival = normal.survival_function(x)
        return {"log_cdf": normal.log_cdf(-x), "survival": survival, "quantile": normal.quantile(x / 32)}

    x = np.linspace(0.001, 30, 2000).astype(dtype)
    wide = x.astype(float)
    found = model_of(three, dtype, converted)(x)
    np.testing.assert_allclose(found["quantile"], special.ndtri(wide / 32), rtol=rtol)
    for name, theirs, exact in [
        ("log_cdf", normal.log_cdf(-x), special.log_ndtr(-wide)),
        ("survival", normal.survival_function(x), special.ndtr(-wide)),
    ]:
        usual = np.abs(exact) > np.finfo(dtype).tiny
        ours, theirs = (np.abs(value[usual] / exact[usual] - 1).max() for value in (found[name], theirs.numpy()))
        assert ours <= max(rtol, 2 * theirs)
