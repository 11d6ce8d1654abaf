"""Hyperbolic functions and their inverses against NumPy in a wider type."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

WIDER = {"float32": np.float64, "float64": np.longdouble}
FUNCTIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any], float]] = {  # with the bound in float64
    "sinh": (tf.math.sinh, np.sinh, 4e-16),
    "cosh": (tf.math.cosh, np.cosh, 4e-16),
    "asinh": (tf.math.asinh, np.arcsinh, 4.5e-16),
    "acosh": (tf.math.acosh, np.arccosh, 4.5e-16),
    "atanh": (tf.math.atanh, np.arctanh, 4e-16),
}
BOUND_32 = 3e-7


def relative(found: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Relative errors, 0 where the result is no normal number."""
    info = np.finfo(found.dtype)
    normal = (np.abs(exact) >= info.tiny) & (np.abs(exact) <= info.max)
    with np.errstate(all="ignore"):
        return np.where(normal, np.abs(found.astype(exact.dtype) - exact) / np.abs(exact), 0)


def domain(name: str, dtype: str) -> np.ndarray:
    rng, info = np.random.default_rng(0), np.finfo(dtype)
    small = 10.0 ** rng.uniform(np.log10(info.tiny), 0, 3000)
    seams = (np.array([0.5, 1, 2, 2.0**28])[:, None] * (1 + np.arange(-40, 41) * info.eps)).ravel()
    end = np.log(info.max) + 0.6
    parts = {
        "sinh": [small, rng.uniform(0, 3, 10_000), rng.uniform(0, end, 5000), rng.uniform(end - 1.5, end, 1000)],
        "cosh": [small, rng.uniform(0, 3, 10_000), rng.uniform(0, end, 5000), rng.uniform(end - 1.5, end, 1000)],
        "asinh": [small, 0.9 / small, rng.uniform(0, 3, 10_000)],
        "acosh": [1 + small, 0.9 / small, rng.uniform(1, 5, 10_000)],
        "atanh": [small, 1 - small, rng.uniform(0, 1, 10_000)],
    }[name]
    x = np.concatenate([*parts, seams]).astype(dtype)
    x = x[x < 1] if name == "atanh" else x
    return x[x >= 1] if name == "acosh" else np.concatenate([x, -x])


@functools.cache
def model_of(name: str, dtype: str, converted: Any) -> Any:
    first = 1.0 if name == "acosh" else -0.9
    signature = [tf.TensorSpec([None], dtype, name="x")]
    return converted(FUNCTIONS[name][0], signature, inputs=lambda batch: [np.linspace(first, first + 1.8, batch)])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_error_over_the_whole_domain_is_the_one_stated(name: str, dtype: str, converted: Any) -> None:
    function, oracle, bound = FUNCTIONS[name]
    x = domain(name, dtype)
    with np.errstate(over="ignore"):
        exact = oracle(x.astype(WIDER[dtype]))
    found = model_of(name, dtype, converted)(x)["output"]
    assert found.dtype == dtype
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(np.isinf(found), np.isinf(exact.astype(dtype)))
    errors, theirs = relative(found, exact), relative(function(x).numpy(), exact)
    worst = errors.argmax()
    assert errors.max() < (bound if dtype == "float64" else BOUND_32), f"{errors.max():.3g} at {x[worst]!r}"
    assert errors.max() <= 2 * theirs.max()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_zeros_infinities_and_what_lies_beyond(name: str, dtype: str, converted: Any) -> None:
    x = np.array([0.0, -0.0, 1.0, -1.0, 1.5, -2.0, 1e30, np.inf, -np.inf, np.nan], dtype)
    with np.errstate(all="ignore"):
        expected = FUNCTIONS[name][1](x)
    found = model_of(name, dtype, converted)(x)["output"]
    np.testing.assert_allclose(found, expected, rtol=3e-7 if dtype == "float32" else 1e-15)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found)[known], np.signbit(expected)[known])


@pytest.mark.parametrize(("low", "high"), [("sinh", "asinh"), ("cosh", "acosh")])
def test_inverses_undo_each_other(low: str, high: str, converted: Any) -> None:
    def there_and_back(x: tf.Tensor) -> tf.Tensor:
        return FUNCTIONS[high][0](FUNCTIONS[low][0](x))

    signature = [tf.TensorSpec([None, None], tf.float64, name="x")]
    x = np.linspace(1, 700, 6000).reshape(60, 100)
    np.testing.assert_allclose(converted(there_and_back, signature)(x)["output"], x, rtol=1e-15)
