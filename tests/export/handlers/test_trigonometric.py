"""Sines, cosines, tangents and their inverses against NumPy in a wider type."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

WIDER = {"float32": np.float64, "float64": np.longdouble}
FUNCTIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any], float]] = {  # with the bound in float64
    "sin": (tf.math.sin, np.sin, 1.5e-16),
    "cos": (tf.math.cos, np.cos, 1.5e-16),
    "tan": (tf.math.tan, np.tan, 1.8e-16),
    "asin": (tf.math.asin, np.arcsin, 1.6e-16),
    "acos": (tf.math.acos, np.arccos, 1.6e-16),
    "atan": (tf.math.atan, np.arctan, 3e-16),
}
BOUND_32 = 5e-7


def relative(found: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Relative errors, 0 where the result is no normal number."""
    info = np.finfo(found.dtype)
    normal = (np.abs(exact) >= info.tiny) & (np.abs(exact) <= info.max)
    with np.errstate(all="ignore"):
        return np.where(normal, np.abs(found.astype(exact.dtype) - exact) / np.abs(exact), 0)


def near(points: Any, dtype: str) -> np.ndarray:
    """Floating-point numbers around `points`."""
    points = np.asarray(points, dtype)
    return (points[:, None] * (1 + np.arange(-40, 41) * np.finfo(dtype).eps)).ravel()


def domain(name: str, dtype: str) -> np.ndarray:
    rng, info = np.random.default_rng(0), np.finfo(dtype)
    small = 10.0 ** rng.uniform(np.log10(info.tiny), 0, 2000)
    if name in ("sin", "cos", "tan"):
        multiples = np.concatenate([np.arange(1, 200), rng.integers(200, 600_000, 300)]) * (np.pi / 2)
        parts = [small, rng.uniform(0, 20, 20_000), rng.uniform(0, 1e6, 5000), near(multiples, dtype)]
    elif name == "atan":
        parts = [small, 1 / small, rng.uniform(0, 3, 20_000), near([1.0], dtype)]
    else:
        parts = [small, 1 - small, rng.uniform(0, 1, 20_000), near([0.5], dtype)]
    x = np.concatenate(parts).astype(dtype)
    x = np.concatenate([x, -x])
    return x[np.abs(x) <= 1] if name in ("asin", "acos") else x


@functools.cache
def model_of(name: str, dtype: str, converted: Any) -> Any:
    signature = [tf.TensorSpec([None], dtype, name="x")]
    return converted(FUNCTIONS[name][0], signature, inputs=lambda batch: [np.linspace(-0.9, 0.9, batch)])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_error_over_the_whole_domain_is_the_one_stated(name: str, dtype: str, converted: Any) -> None:
    function, oracle, bound = FUNCTIONS[name]
    x = domain(name, dtype)
    exact = oracle(x.astype(WIDER[dtype]))
    found = model_of(name, dtype, converted)(x)["output"]
    assert found.dtype == dtype
    errors, theirs = relative(found, exact), relative(function(x).numpy(), exact)
    worst = errors.argmax()
    assert errors.max() < (bound if dtype == "float64" else BOUND_32), f"{errors.max():.3g} at {x[worst]!r}"
    assert errors.max() <= 2 * theirs.max()


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_numbers_nearest_to_a_zero_or_pole(name: str, converted: Any) -> None:
    """Where ONNX Runtime's own sine and cosine of float64 give 0; the values are mpmath's."""
    x = np.array([np.pi / 2, np.pi, 4 * np.pi, 1e22])
    expected = {
        "sin": [1, 1.2246467991473531772e-16, -4.898587196589412829e-16, -0.8522008497671888018],
        "cos": [6.1232339957367658860e-17, -1, 1, 0.52321478539513894550],
        "tan": [
            1.6331239353195369755e16,
            -1.2246467991473531772e-16,
            -4.898587196589412829e-16,
            -1.6287782256068980726,
        ],
    }[name]
    np.testing.assert_allclose(model_of(name, "float64", converted)(x)["output"], expected, rtol=5e-16)


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_large_angles_keep_most_digits(name: str, converted: Any) -> None:
    function, oracle, _ = FUNCTIONS[name]
    x = 10.0 ** np.random.default_rng(0).uniform(6, 15, 5000)
    found = model_of(name, "float64", converted)(x)["output"]
    assert relative(found, oracle(x.astype(np.longdouble))).max() < 7e-16
    np.testing.assert_allclose(found, function(x), rtol=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_zeros_infinities_and_what_lies_beyond(name: str, dtype: str, converted: Any) -> None:
    x = np.array([0.0, -0.0, 1.0, -1.0, 1.5, -2.0, np.inf, -np.inf, np.nan], dtype)
    with np.errstate(invalid="ignore"):
        expected = FUNCTIONS[name][1](x)
    found = model_of(name, dtype, converted)(x)["output"]
    np.testing.assert_allclose(found, expected, rtol=3e-7 if dtype == "float32" else 1e-15)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found)[known], np.signbit(expected)[known])


@pytest.mark.parametrize(("dtype", "bound"), [("float32", 7e-8), ("float64", 3e-16)])
def test_the_angle_of_a_point(dtype: str, bound: float, converted: Any) -> None:
    signature = [tf.TensorSpec([None], dtype, name=name) for name in ("y", "x")]
    model = converted(tf.math.atan2, signature)
    rng = np.random.default_rng(0)
    angles = np.concatenate([rng.uniform(-np.pi, np.pi, 20_000), near(np.arange(-4, 5) * np.pi / 4, dtype)])
    radius = 10.0 ** rng.uniform(-30, 30, angles.size)
    y, x = ((radius * function(angles)).astype(dtype) for function in (np.sin, np.cos))
    errors = relative(model(y, x)["output"], np.arctan2(y.astype(WIDER[dtype]), x.astype(WIDER[dtype])))
    assert errors.max() < bound
    ends = np.array([0.0, -0.0, 1, -1, np.inf, -np.inf, np.nan, np.finfo(dtype).max, np.finfo(dtype).tiny], dtype)
    y, x = (value.ravel() for value in np.meshgrid(ends, ends))
    found, expected = model(y, x)["output"], np.arctan2(y, x)
    np.testing.assert_allclose(found, expected, rtol=2e-7 if dtype == "float32" else 1e-15)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found)[known], np.signbit(expected)[known])


def test_coordinates_broadcast(converted: Any) -> None:
    signature = [tf.TensorSpec([None, 1], tf.float64, name="y"), tf.TensorSpec([3], tf.float64, name="x")]
    y, x = np.array([[1.0], [-2.0]]), np.array([0.0, 3.0, -1.0])
    np.testing.assert_allclose(converted(tf.math.atan2, signature)(y, x)["output"], np.arctan2(y, x), rtol=1e-15)
