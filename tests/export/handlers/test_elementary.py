"""Functions of one or two numbers against NumPy: in a wider type, or bit for bit."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

WIDER = {"float32": np.float64, "float64": np.longdouble}
BITS: dict[str, Any] = {"float32": np.uint32, "float64": np.uint64}
DTYPES = ["float32", "float64"]


def selu(x: np.ndarray) -> np.ndarray:
    scale, alpha = np.longdouble("1.0507009873554804934193"), np.longdouble("1.6732632423543772848170")
    return scale * np.where(x > 0, x, alpha * np.expm1(x))


CASES: dict[str, tuple[Callable[..., Any], Callable[..., Any], dict[str, float]]] = {
    "sigmoid": (tf.math.sigmoid, lambda x: 1 / (1 + np.exp(-x)), {"float32": 3e-7, "float64": 5e-16}),
    "softsign": (tf.math.softsign, lambda x: x / (1 + np.abs(x)), {"float32": 1.5e-7, "float64": 2.5e-16}),
    "reciprocal": (lambda x: tf.raw_ops.Inv(x=x), lambda x: 1 / x, {"float32": 6e-8, "float64": 1.2e-16}),
}


def domain(dtype: str) -> np.ndarray:
    """Random bit patterns and dense stretches."""
    unsigned, rng = BITS[dtype], np.random.default_rng(0)
    random = rng.integers(0, np.iinfo(unsigned).max, 20_000, dtype=unsigned, endpoint=True).view(dtype)
    dense = [rng.uniform(-bound, bound, 10_000).astype(dtype) for bound in (1, 20, 90, 720)]
    return np.concatenate([random[np.isfinite(random)], *dense])


def relative(found: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Relative errors, 0 where the result is no normal number."""
    info = np.finfo(found.dtype)
    normal = (np.abs(exact) >= info.tiny) & (np.abs(exact) <= info.max)
    with np.errstate(all="ignore"):
        return np.where(normal, np.abs(found.astype(exact.dtype) - exact) / np.abs(exact), 0)


@functools.cache
def model_of(function: Callable[..., Any], dtype: Any, converted: Any, names: tuple[str, ...] = ("x",)) -> Any:
    signature = [tf.TensorSpec([None], dtype, name=name) for name in names]
    return converted(function, signature, inputs=lambda batch: [np.arange(3, batch + 3).astype(dtype) for _ in names])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_the_error_over_the_whole_domain_is_the_one_stated(name: str, dtype: str, converted: Any) -> None:
    function, oracle, bounds = CASES[name]
    x = domain(dtype)
    with np.errstate(all="ignore"):
        exact = oracle(x.astype(WIDER[dtype]))
    errors = relative(model_of(function, dtype, converted)(x)["output"], exact)
    worst = errors.argmax()
    assert errors.max() < bounds[dtype], f"{errors.max():.3g} at {x[worst]!r}"
    assert errors.max() <= 2 * relative(function(x).numpy(), exact).max()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_zeros_infinities_and_no_number(name: str, dtype: str, converted: Any) -> None:
    function, oracle, _ = CASES[name]
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, np.finfo(dtype).max, np.finfo(dtype).min], dtype)
    with np.errstate(all="ignore"):
        expected = oracle(x.astype(WIDER[dtype])).astype(dtype)
    found = model_of(function, dtype, converted)(x)["output"]
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(found[:4], function(x[:4]))


def test_small_probabilities_keep_their_digits(converted: Any) -> None:
    """ONNX Runtime's own Sigmoid gives 0 here, in float32 from −18 down."""
    x = np.array([-17, -20, -50, -87], np.float32)
    found = model_of(tf.math.sigmoid, "float32", converted)(x)["output"]
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-x.astype(float))), rtol=2e-7)


@pytest.mark.parametrize(("dtype", "scale"), [("float32", 2e-7), ("float64", 4e-16)])
def test_selu_has_its_constants_in_its_own_type(dtype: str, scale: float, converted: Any) -> None:
    x = np.linspace(-40, 40, 10_001).astype(dtype)
    exact = selu(x.astype(np.longdouble))
    error = np.abs(model_of(tf.nn.selu, dtype, converted)(x)["output"] - exact)
    assert (error <= scale * np.maximum(1, np.abs(exact))).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_next_number_is_the_next(dtype: str, converted: Any) -> None:
    model = model_of(tf.math.nextafter, dtype, converted, ("x", "y"))
    info, unsigned, rng = np.finfo(dtype), BITS[dtype], np.random.default_rng(0)
    powers = (2.0 ** np.arange(np.log2(info.tiny), np.log2(info.max), 1.0)).astype(dtype)
    ends = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, info.max, info.min, info.tiny, 1], dtype)
    around = (powers.view(unsigned)[:, None] + np.arange(-3, 4).astype(unsigned)).ravel().view(dtype)
    least = np.arange(1000, dtype=unsigned).view(dtype)
    x = np.concatenate([domain(dtype), around, -around, least, -least, *np.meshgrid(ends, ends)[0]])
    y = np.concatenate([rng.permutation(x[: -(ends.size**2)]), *np.meshgrid(ends, ends)[1]])
    with np.errstate(all="ignore"):
        expected = np.nextafter(x, y)
    found = model(x, y)["output"]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", [*DTYPES, "int32", "int64"])
def test_the_truncated_remainder_is_exact(dtype: str, converted: Any) -> None:
    model = model_of(tf.truncatemod, dtype, converted, ("x", "y"))
    rng = np.random.default_rng(0)
    if dtype.startswith("int"):
        info = np.iinfo(dtype)
        x = np.concatenate([rng.integers(info.min, info.max, 2000), [info.max, info.min]]).astype(dtype)
        y = rng.integers(1, 1000, x.size).astype(dtype) * rng.choice([-1, 1], x.size).astype(dtype)
    else:
        x, y = (rng.normal(size=(2, 2000)) * 10.0 ** rng.uniform(-5, 5, (2, 2000))).astype(dtype)
    np.testing.assert_array_equal(model(x, y)["output"], np.fmod(x, y))
