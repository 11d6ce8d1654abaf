"""Reductions of slices by their numbers, against TensorFlow and NumPy."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

ASCENDING = {name: getattr(tf.math, f"segment_{name}") for name in ("sum", "mean", "prod", "max", "min")}
UNSORTED = {name: getattr(tf.math, f"unsorted_segment_{name}") for name in ("sum", "prod", "max", "min")}


def ascending(x: tf.Tensor, numbers: tf.Tensor) -> dict[str, tf.Tensor]:
    return {name: function(x, numbers) for name, function in ASCENDING.items()}


def unsorted(x: tf.Tensor, numbers: tf.Tensor, count: tf.Tensor) -> dict[str, tf.Tensor]:
    return {name: function(x, numbers, count) for name, function in UNSORTED.items()}


def data(count: int, dtype: str) -> np.ndarray:
    """Of the whole range; numbers with a point with some NaN and infinities."""
    rng = np.random.default_rng(count)
    if np.dtype(dtype).kind != "f":
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, (count, 3), dtype=dtype, endpoint=True)
    x = rng.normal(size=(count, 3)).astype(dtype)
    for value in (np.nan, np.inf, -np.inf, -0.0):
        x[rng.uniform(size=x.shape) < 0.05] = value
    return x


def same(found: dict[str, np.ndarray], expected: dict[str, tf.Tensor]) -> None:
    for name, value in expected.items():
        assert found[name].dtype == value.dtype
        precision = 4 * float(np.finfo(value.dtype.as_numpy_dtype).eps) if value.dtype.is_floating else 0
        np.testing.assert_allclose(found[name], value, rtol=precision, atol=precision, err_msg=name)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "uint8"])
def test_segments_are_tensorflow_s(dtype: str, converted: Any) -> None:
    """Also those that are missing, of nothing but −∞, and of one slice."""
    model = converted(
        ascending,
        [tf.TensorSpec([None, 3], dtype, name="x"), tf.TensorSpec([None], tf.int32, name="numbers")],
        inputs=lambda batch: [np.ones((batch, 3)), np.arange(batch) // 2],
    )
    choices = [[0, 0, 1, 1, 4, 4, 4], [2] * 5, range(6), [], np.sort(np.arange(200) ** 2 % 61)]
    for places in (np.array(numbers, np.int32) for numbers in choices):
        x = data(len(places), dtype)
        if x.dtype.kind == "f" and len(x):
            x[0] = -np.inf, np.inf, np.nan
        same(model(x, places), ascending(x, places))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "uint8"])
def test_unsorted_segments_are_tensorflow_s(dtype: str, converted: Any) -> None:
    model = converted(
        unsorted,
        [
            tf.TensorSpec([None, 3], dtype, name="x"),
            tf.TensorSpec([None], tf.int64, name="numbers"),
            tf.TensorSpec([], tf.int32, name="count"),
        ],
        inputs=lambda batch: [np.ones((batch, 3)), np.arange(batch) // 2, batch],
    )
    for numbers, count in [
        ([4, 0, 1, -1, 4, 0, 4], 6),
        ([-1] * 4, 2),
        ([], 0),
        ([], 3),
        (np.arange(200) ** 2 % 61, 70),
    ]:
        places = np.array(numbers, np.int64)
        x = data(len(places), dtype)
        if x.dtype.kind == "f" and len(x):
            x[0] = -np.inf, np.inf, np.nan
        same(model(x, places, np.int32(count)), unsorted(x, places, count))


def test_ranks_may_be_unknown(converted: Any) -> None:
    def flat(x: tf.Tensor, shape: tf.Tensor, numbers: tf.Tensor, rank: tf.Tensor) -> list[tf.Tensor]:
        x, places = tf.reshape(x, shape), tf.reshape(numbers, shape[:rank])
        first = tf.sort(tf.reshape(places, [-1])[: shape[0]])
        parts = [*unsorted(x, places, tf.constant(3)).values(), tf.math.segment_mean(x, tf.maximum(first, 0))]
        return [part for value in parts for part in (tf.reshape(value, [-1]), tf.shape(value))]

    model = converted(
        flat,
        [
            tf.TensorSpec([None], tf.float64, name="x"),
            tf.TensorSpec([None], tf.int32, name="shape"),
            tf.TensorSpec([None], tf.int32, name="numbers"),
            tf.TensorSpec([], tf.int32, name="rank"),
        ],
        inputs=lambda batch: [np.ones(2 * batch), [batch, 2], np.zeros(batch), 1],
    )
    rng = np.random.default_rng(0)
    for shape, rank in [((5,), 1), ((4, 2), 1), ((4, 2), 2), ((2, 3, 2), 2), ((2, 3, 2), 1)]:
        x, numbers = rng.normal(size=np.prod(shape)), rng.integers(-1, 3, np.prod(shape[:rank])).astype(np.int32)
        arguments = (x, np.array(shape, np.int32), numbers, np.int32(rank))
        for found, expected in zip(model(*arguments).values(), flat(*map(tf.constant, arguments)), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-14, err_msg=f"{shape} {rank}")


def test_threads_do_not_lose_summands(converted: Any) -> None:
    """As ONNX Runtime's ScatterND does where many rows go to few places."""
    model = converted(
        UNSORTED["sum"],
        [
            tf.TensorSpec([None, 64], tf.float64, name="x"),
            tf.TensorSpec([None], tf.int32, name="numbers"),
            tf.TensorSpec([], tf.int32, name="count"),
        ],
        inputs=lambda batch: [np.ones((batch, 64)), np.zeros(batch), 1],
    )
    numbers = np.random.default_rng(0).integers(0, 3, 50_000).astype(np.int32)
    for _ in range(10):
        found = model(np.ones((len(numbers), 64)), numbers, np.int32(3))["output"]
        np.testing.assert_array_equal(found, np.tile(np.bincount(numbers)[:, None], (1, 64)))
