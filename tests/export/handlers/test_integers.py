"""Integers over their whole range, against NumPy's and Python's rules."""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

COMPARISONS: list[tuple[Callable[..., Any], Callable[..., Any]]] = [
    (tf.less, operator.lt),
    (tf.greater, operator.gt),
    (tf.less_equal, operator.le),
    (tf.greater_equal, operator.ge),
    (tf.equal, operator.eq),
    (tf.not_equal, operator.ne),
]


def pairs(dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of the whole range, neighbours, small and extreme numbers; no division by zero or overflow."""
    info = np.iinfo(dtype)
    rng = np.random.default_rng(0)
    wide = rng.integers(info.min, info.max, (2, 2000), dtype=dtype, endpoint=True)
    near = np.stack([wide[0], wide[0] + rng.integers(0, 2, 2000).astype(dtype)])
    some = [*range(-7 if info.min else 0, 8), info.min, info.min + 1, info.max - 1, info.max]
    few = np.stack([grid.ravel() for grid in np.meshgrid(np.array(some, dtype), np.array(some, dtype))])
    x, y = np.concatenate([wide, near, few], axis=1)
    overflow = (x == info.min) & (y.astype(object) == -1)
    return x[(y != 0) & ~overflow], y[(y != 0) & ~overflow]


def signature(dtype: str) -> list[tf.TensorSpec]:
    return [tf.TensorSpec([None], dtype, name=name) for name in ("x", "y")]


def ones(batch: int) -> list[np.ndarray]:
    return [np.ones(batch), np.ones(batch)]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "int64", "uint32"])
def test_comparisons_are_exact(dtype: str, converted: Any) -> None:
    # Of the other comparisons tf2onnx's own are exact, and leave some types to ONNX Runtime's refusal.
    comparisons = COMPARISONS if dtype in ("int32", "int64") else COMPARISONS[:2]
    x, y = pairs(dtype)
    for function, oracle in comparisons:
        found = converted(function, signature(dtype), inputs=ones)(x, y)["output"]
        np.testing.assert_array_equal(found, oracle(x, y), err_msg=oracle.__name__)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_comparisons_of_numbers_with_a_point_are_exact(dtype: str, converted: Any) -> None:
    x = np.array([1.0, -0.0, np.nan, np.inf, 1.0, 16777217.0], dtype)
    y = np.array([1.0, 0.0, np.nan, -np.inf, np.nextafter(np.array(1, dtype), 2), 16777216.0], dtype)
    for function, oracle in COMPARISONS[:2]:
        np.testing.assert_array_equal(converted(function, signature(dtype))(x, y)["output"], oracle(x, y))


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint32"])
def test_quotients_and_remainders_are_python_s(dtype: str, converted: Any) -> None:
    x, y = pairs(dtype)
    quotient = converted(tf.math.floordiv, signature(dtype), inputs=ones)(x, y)["output"]
    remainder = converted(tf.math.floormod, signature(dtype), inputs=ones)(x, y)["output"]
    expected = [divmod(int(a), int(b)) for a, b in zip(x, y, strict=True)]
    assert quotient.dtype == remainder.dtype == dtype
    np.testing.assert_array_equal(quotient, [pair[0] for pair in expected])
    np.testing.assert_array_equal(remainder, [pair[1] for pair in expected])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_remainders_with_a_point_keep_their_digits(dtype: str, converted: Any) -> None:
    rng = np.random.default_rng(0)
    x = (rng.normal(size=5000) * 10.0 ** rng.uniform(-3, 9, 5000)).astype(dtype)
    y = (rng.normal(size=5000) * 10.0 ** rng.uniform(-3, 3, 5000)).astype(dtype)
    x[:4], y[:4] = [6, -6, 6, -6], [3, 3, -3, -3]
    found = converted(tf.math.floormod, signature(dtype))(x, y)["output"]
    np.testing.assert_array_equal(found, np.mod(x, y))
    assert found.dtype == dtype


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_quotients_with_a_point_are_floors(dtype: str, converted: Any) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 5000)).astype(dtype)
    found = converted(tf.math.floordiv, signature(dtype))(x, y)["output"]
    np.testing.assert_array_equal(found, np.floor(x / y))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
def test_the_larger_and_the_smaller_are_exact(dtype: str, converted: Any) -> None:
    model = converted(lambda x, y: (tf.maximum(x, y), tf.minimum(x, y)), signature(dtype), inputs=ones)
    x, y = pairs(dtype)
    for found, oracle in zip(model(x, y).values(), (np.maximum, np.minimum), strict=True):
        np.testing.assert_array_equal(found, oracle(x, y))
        assert found.dtype == dtype


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_larger_and_the_smaller_of_numbers_with_a_point(dtype: str, converted: Any) -> None:
    """NaN where one is."""
    some = np.array([0.0, -0.0, 1.0, np.nan, np.inf, -np.inf, np.finfo(dtype).max, np.finfo(dtype).eps], dtype)
    x, y = (part.ravel() for part in np.meshgrid(some, some))
    model = converted(lambda x, y: (tf.maximum(x, y), tf.minimum(x, y)), signature(dtype))
    for found, oracle in zip(model(x, y).values(), (np.maximum, np.minimum), strict=True):
        np.testing.assert_array_equal(found, oracle(x, y))


def test_a_loop_compares_its_counter_with_a_limit(converted: Any) -> None:
    """tf2onnx's loops count in int64, whatever the type of the limit."""

    def grow(x: tf.Tensor, limit: tf.Tensor) -> tf.Tensor:
        shapes = (tf.TensorShape([]), tf.TensorShape([None]))
        return tf.while_loop(lambda i, _: i < limit, lambda i, y: (i + 1, 2 * y), (0, x), shapes)[1]

    model = converted(
        grow,
        [tf.TensorSpec([None], tf.float32, name="x"), tf.TensorSpec([], tf.int32, name="limit")],
    )
    for limit in (-1, 0, 1, 10):
        assert model(np.array([3.0], np.float32), np.int32(limit))["output"].tolist() == [3.0 * 2 ** max(limit, 0)]
