"""Order and search in the type of the values, against NumPy."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

TYPES = ["float16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64", "uint32"]


def values(dtype: str) -> np.ndarray:
    """Rows with ties, and neighbours that differ in the last digit only."""
    rng = np.random.default_rng(0)
    if np.issubdtype(dtype, np.floating):
        spread = (1 + rng.integers(0, 4, (20, 9)) * np.finfo(dtype).eps).astype(dtype)
        return np.concatenate([spread, rng.normal(size=(20, 9)).astype(dtype), -spread])
    info = np.iinfo(dtype)
    top = (info.max - rng.integers(0, 4, (20, 9))).astype(dtype)
    return np.concatenate([top, rng.integers(info.min, info.max, (20, 9), dtype=dtype)])


@pytest.mark.parametrize("dtype", TYPES)
def test_the_largest_are_numpy_s(dtype: str, converted: Any) -> None:
    model = converted(
        lambda x: tuple(tf.math.top_k(x, 4)),
        [tf.TensorSpec([None, 9], dtype, name="x")],
        inputs=lambda batch: [np.ones((batch, 9))],
    )
    x = values(dtype)
    found = model(x)
    # Largest first, and of equals the first; negation would overflow.
    order = 8 - np.argsort(x[:, ::-1], axis=-1, kind="stable")[:, ::-1][:, :4]
    np.testing.assert_array_equal(found["output_1"], order)
    np.testing.assert_array_equal(found["output_0"], np.take_along_axis(x, order, axis=-1))
    assert (found["output_0"].dtype, found["output_1"].dtype) == (dtype, np.int32)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
@pytest.mark.parametrize("direction", ["ASCENDING", "DESCENDING"])
def test_sorting_is_numpy_s(dtype: str, direction: str, converted: Any) -> None:
    model = converted(
        lambda x: tf.sort(x, direction=direction),
        [tf.TensorSpec([None, 9], dtype, name="x")],
        inputs=lambda batch: [np.ones((batch, 9))],
    )
    x = values(dtype)
    expected = np.sort(x, axis=-1)
    np.testing.assert_array_equal(model(x)["output"], expected if direction == "ASCENDING" else expected[:, ::-1])


def test_the_number_may_be_an_input(converted: Any) -> None:
    model = converted(
        lambda x, k: tf.math.top_k(x, k).values,
        [tf.TensorSpec([None, 9], tf.float64, name="x"), tf.TensorSpec([], tf.int32, name="k")],
        inputs=lambda batch: [np.ones((batch, 9)), 2],
    )
    x = values("float64")
    for count in (0, 1, 9):
        np.testing.assert_array_equal(model(x, np.int32(count))["output"], np.sort(x)[:, ::-1][:, :count])
