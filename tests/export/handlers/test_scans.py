"""Searches and scans against NumPy."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

INF, NAN = np.inf, np.nan


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
@pytest.mark.parametrize("out_type", [tf.int32, tf.int64])
def test_searchsorted(side: str, dtype: str, out_type: Any, converted: Any) -> None:
    signature = [tf.TensorSpec([None, None], dtype, name=name) for name in ("ordered", "values")]
    model = converted(
        lambda ordered, values: tf.searchsorted(ordered, values, side, out_type),
        signature,
        inputs=lambda batch: [np.sort(value) for value in np.random.default_rng(0).normal(size=(2, batch, batch)) * 9],
    )
    rng = np.random.default_rng(0)
    ordered, values = np.sort(rng.integers(-5, 5, (3, 6))).astype(dtype), rng.integers(-6, 6, (3, 9)).astype(dtype)
    if dtype != "int32":
        ordered[0, -1], values[0, :3] = INF, (INF, -INF, NAN)
    expected = np.stack([np.searchsorted(*pair, side) for pair in zip(ordered, values, strict=True)])
    expected[np.isnan(values)] = 0 if side == "left" else 6  # where TensorFlow's search leaves NaN
    found = model(ordered, values)["output"]
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(found, tf.searchsorted(ordered, values, side, out_type))
    assert found.dtype == out_type.as_numpy_dtype


def cumulative(function: Any, x: np.ndarray, axis: int, neutral: float, exclusive: bool, reverse: bool) -> np.ndarray:
    x = np.flip(x, axis) if reverse else x
    x = np.moveaxis(x, axis, 0)
    if exclusive:
        x = np.concatenate([np.full_like(x[:1], neutral), x[:-1]])
    with np.errstate(all="ignore"):
        result = np.moveaxis(function(x), 0, axis)
    return np.flip(result, axis) if reverse else result


@pytest.mark.parametrize("exclusive", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("shape", [(None, 5), (None, 1), (None, None)])
def test_cumprod(exclusive: bool, reverse: bool, shape: tuple[int | None, ...], converted: Any) -> None:
    axis = -1 if shape[-1] else 0
    model = converted(
        lambda x: tf.math.cumprod(x, axis, exclusive, reverse), [tf.TensorSpec(shape, tf.float64, name="x")]
    )
    for rows in (1, 2, 3, 9):
        x = np.random.default_rng(rows).normal(size=(rows, shape[-1] or 3))
        x[0, 0] = 0
        expected = cumulative(lambda x: np.cumprod(x, 0), x, axis, 1, exclusive, reverse)
        np.testing.assert_allclose(model(x)["output"], expected, rtol=1e-14)


def test_cumprod_of_integers_and_of_nothing(converted: Any) -> None:
    model = converted(lambda x: tf.math.cumprod(x, 0), [tf.TensorSpec([None, 2], tf.int32, name="x")])
    x = np.array([[3, -1], [2, 7], [-5, 0], [4, 4]], np.int32)
    np.testing.assert_array_equal(model(x)["output"], np.cumprod(x, 0))
    assert model(x[:0])["output"].shape == (0, 2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("exclusive", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("axis", [0, -1])
def test_cumulative_logsumexp(dtype: str, exclusive: bool, reverse: bool, axis: int, converted: Any) -> None:
    model = converted(
        lambda x: tf.math.cumulative_logsumexp(x, axis, exclusive, reverse), [tf.TensorSpec([None, 4], dtype, name="x")]
    )
    x = np.array([[-INF, 1, -1000, 3], [2, -INF, 1000, 1e-30], [INF, 0, -5, 2], [700, 701, -700, 1e5]], dtype)
    x[-1] = -x[-1]
    neutral = np.finfo(dtype).min
    expected = cumulative(np.logaddexp.accumulate, x.astype(np.float64), axis, neutral, exclusive, reverse)
    found = model(x)["output"].astype(np.float64)
    rtol = 1e-6 if dtype == "float32" else 1e-14
    low = expected <= neutral  # −∞, or TensorFlow's stand-in for it
    np.testing.assert_array_equal(found <= neutral, low)
    np.testing.assert_allclose(found[~low], expected[~low], rtol=rtol, atol=rtol)
