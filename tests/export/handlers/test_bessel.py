"""Modified Bessel functions against SciPy where it is good enough, and series in extended precision."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import special, stats  # type: ignore[import-untyped, unused-ignore]

math = tf.math.special
EULER = np.longdouble("0.577215664901532860606512090082402431")
PI = np.longdouble("3.14159265358979323846264338327950288")


def first_kind(x: np.ndarray, order: int) -> np.ndarray:
    """I₀ or I₁ in extended precision for |x| ≤ 60: a series of terms of one sign."""
    quarter = x * x / 4
    term = total = np.ones_like(x) if order == 0 else x / 2
    for k in range(1, 120):
        term = term * quarter / (k * (k + order))
        total = total + term
    return total


def second_kind(x: np.ndarray, order: int) -> np.ndarray:
    """K₀ or K₁ in extended precision: ∫ e^(−x·cosh t)·cosh(νt) dt by the trapezoidal rule, times eˣ."""
    steps = np.arange(0, 900).astype(np.longdouble) / 64
    with np.errstate(under="ignore"):
        terms = np.exp(-2 * x[:, None] * np.sinh(steps / 2) ** 2) * np.cosh(order * steps)
    return (terms[:, 0] / 2 + terms[:, 1:].sum(1)) / 64


FUNCTIONS: dict[str, tuple[Callable[..., Any], float]] = {  # with the bound in float64
    "i0": (math.bessel_i0, 1.2e-15),
    "i0e": (math.bessel_i0e, 1.3e-15),
    "i1": (math.bessel_i1, 1.3e-15),
    "i1e": (math.bessel_i1e, 1.3e-15),
    "k0": (math.bessel_k0, 1.2e-15),
    "k0e": (math.bessel_k0e, 1e-15),
    "k1": (math.bessel_k1, 1e-15),
    "k1e": (math.bessel_k1e, 1e-15),
}
BOUND_32 = 7e-8


def oracle(name: str, x: np.ndarray) -> np.ndarray:
    """In extended precision, for |x| ≤ 60, or from 10⁻³ to 60."""
    order, wide = int(name[1]), x.astype(np.longdouble)
    if name[0] == "i":
        value = first_kind(wide, order)
        return value * np.exp(-np.abs(wide)) if name.endswith("e") else value
    value = second_kind(wide, order)
    return value if name.endswith("e") else value * np.exp(-wide)


@functools.cache
def model_of(name: str, dtype: Any, converted: Any) -> Any:
    signature = [tf.TensorSpec([None], dtype, name="x")]
    return converted(FUNCTIONS[name][0], signature, inputs=lambda batch: [np.linspace(0.1, 20, batch)])


def test_the_oracle_is_right() -> None:
    x = np.concatenate([10.0 ** np.linspace(-3, 0, 100), np.linspace(1, 60, 200)])
    for name in FUNCTIONS:
        np.testing.assert_allclose(oracle(name, x).astype(float), getattr(special, name)(x), rtol=1e-14)
    # By mpmath, in forty digits.
    known = {
        ("i0", 5.0): "27.2398718236044468945442320759",
        ("i1", 5.0): "24.3356421424505271991430504518",
        ("k0", 5.0): "0.00369109833404259427473526100746",
        ("k1", 5.0): "0.00404461344545216420836502183754",
        ("k0", 1 / 64): "4.27513655352957893429195879624",
        ("k1", 1 / 64): "63.9626954437123146533949193421",
    }
    for (name, place), value in known.items():
        np.testing.assert_allclose(oracle(name, np.array([place])), np.longdouble(value), rtol=3e-18)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_error_is_the_one_stated(name: str, dtype: str, converted: Any) -> None:
    function, bound = FUNCTIONS[name]
    rng = np.random.default_rng(0)
    seams = (np.array([1.0, 16.0])[:, None] + np.linspace(-1e-3, 1e-3, 50)).ravel()
    x = np.concatenate([10.0 ** rng.uniform(-3, 0, 500), rng.uniform(0.001, 20, 1500), rng.uniform(1, 60, 500), seams])
    x = np.concatenate([x, -x[::3]]) if name[0] == "i" else x
    x = x.astype(dtype)
    exact = oracle(name, x)
    found, theirs = model_of(name, dtype, converted)(x)["output"], function(x).numpy()
    assert found.dtype == dtype
    ours, theirs = (np.abs(value / exact - 1) for value in (found, theirs))
    worst = ours.argmax()
    assert ours[worst] < (bound if dtype == "float64" else BOUND_32), f"{ours[worst]:.3g} at {x[worst]!r}"
    assert ours[worst] <= 2 * theirs.max()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_large_and_small_arguments(name: str, dtype: str, converted: Any) -> None:
    most = (
        {"float32": 85, "float64": 700}[dtype] if not name.endswith("e") else {"float32": 1e30, "float64": 1e300}[dtype]
    )
    x = np.concatenate([np.geomspace(60, most, 500), np.geomspace(1e-30, 1e-3, 500)]).astype(dtype)
    found, exact = model_of(name, dtype, converted)(x)["output"], getattr(special, name)(x.astype(float))
    normal = exact >= np.finfo(dtype).tiny
    np.testing.assert_allclose(found[normal], exact[normal], rtol=1.2e-7 if dtype == "float32" else 2e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_zeros_infinities_and_negative_numbers(name: str, dtype: str, converted: Any) -> None:
    x = np.array([0.0, -0.0, -1.0, np.inf, -np.inf, np.nan], dtype)
    found, theirs = model_of(name, dtype, converted)(x)["output"], FUNCTIONS[name][0](x).numpy()
    np.testing.assert_allclose(found, theirs, rtol=1e-6)
    assert np.isnan(found[-1])
    if name[:2] == "i1":
        assert np.signbit(found[:3]).tolist() == [False, True, True]


def test_the_first_kind_does_not_overflow_before_it_must(converted: Any) -> None:
    """TensorFlow's own does from 710 on."""
    x = np.array([711.0, 713.0, -713.0, 715.0])
    np.testing.assert_allclose(model_of("i0", "float64", converted)(x)["output"], special.iv(0, x), rtol=2e-13)
    expected = special.iv(1, np.abs(x)) * np.sign(x)
    np.testing.assert_allclose(model_of("i1", "float64", converted)(x)["output"], expected, rtol=2e-13)


def test_von_mises_by_its_concentration(converted: Any) -> None:
    def log_prob(x: tf.Tensor, concentration: tf.Tensor) -> tf.Tensor:
        return tfp.distributions.VonMises(tf.constant(0.3, tf.float64), concentration).log_prob(x)

    signature = [tf.TensorSpec([None], tf.float64, name=name) for name in ("x", "concentration")]
    model = converted(
        log_prob, signature, inputs=lambda batch: [np.linspace(-3, 3, batch), np.geomspace(0.01, 99, batch)]
    )
    rng = np.random.default_rng(0)
    x, concentration = rng.uniform(-np.pi, np.pi, 500), 10.0 ** rng.uniform(-3, 3, 500)
    expected = stats.vonmises(concentration, 0.3).logpdf(x)
    np.testing.assert_allclose(model(x, concentration)["output"], expected, rtol=1e-12, atol=1e-12)
