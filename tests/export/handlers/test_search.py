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


UNIQUE = ["float32", "float64", "int32", "int64", "int8", "uint8", "uint32"]


@pytest.mark.parametrize("dtype", UNIQUE)
def test_what_is_different_is_tensorflow_s(dtype: str, converted: Any) -> None:
    """As it first comes; NaN is like nothing else, and −0 is 0."""

    def found(x: tf.Tensor) -> list[tf.Tensor]:
        return [*tf.unique_with_counts(x), *tf.unique(x, tf.int64), *tf.raw_ops.UniqueV2(x=x, axis=[0])]

    model = converted(found, [tf.TensorSpec([None], dtype, name="x")], inputs=lambda batch: [np.ones(batch)])
    x = np.concatenate([values(dtype).ravel(), values(dtype).ravel()[::-1]])
    if np.issubdtype(dtype, np.floating):
        x[3:10] = np.nan, 0, -0.0, np.nan, np.inf, -np.inf, np.inf
    for array in (x, x[:1], x[3:6], x[:0]):
        for mine, expected in zip(model(array).values(), found(tf.constant(array)), strict=True):
            np.testing.assert_array_equal(mine, expected)
            assert mine.dtype == expected.dtype


@pytest.mark.parametrize("dtype", ["float64", "int32"])
@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_slices_that_are_different(axis: int, dtype: str, converted: Any) -> None:
    def found(x: tf.Tensor) -> list[tf.Tensor]:
        return list(tf.raw_ops.UniqueWithCountsV2(x=x, axis=[axis]))

    specs = [tf.TensorSpec([None, None, None], dtype, name="x")]
    model = converted(found, specs, inputs=lambda batch: [np.ones((batch, 2, 2))])
    x = np.moveaxis(np.random.default_rng(0).integers(0, 2, (40, 2, 2)).astype(dtype), 0, axis)
    if dtype == "float64":
        x.flat[::20] = np.nan
    for array in (x, x[:0], x[:, :0], x[..., :0]):
        for mine, expected in zip(model(array).values(), found(array), strict=True):
            np.testing.assert_array_equal(mine, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
def test_buckets_are_tensorflow_s(dtype: str, converted: Any) -> None:
    """At the boundaries, which are of float32, and where a type's numbers are finer than that."""
    boundaries = [-3.1, 0.0, 0.1, 7.5, 16777217.0, 2147483647.0]

    def found(x: tf.Tensor) -> list[tf.Tensor]:
        return [tf.raw_ops.Bucketize(input=x, boundaries=part) for part in (boundaries, boundaries[:1], [])]

    model = converted(found, [tf.TensorSpec([None, None], dtype, name="x")])
    near = [around(np.float32(bound)) for bound in boundaries for around in (np.floor, np.ceil, lambda x: x)]
    x = np.array([*near, 2147483520, 16777215, -4, 8], float).clip(-(2.0**30), 2.0**31 - 1).astype(dtype)
    if np.issubdtype(dtype, np.floating):
        some = x[x != 0]  # TensorFlow takes a subnormal number for 0
        x = np.concatenate([x, np.nextafter(some, -9), np.nextafter(some, 9), [np.inf, -np.inf, np.nan, -0.0]])
    else:
        x = np.concatenate([x, x[x < np.iinfo(dtype).max] + 1, x - 1, [np.iinfo(dtype).max, np.iinfo(dtype).min]])
    for array in (x[None], x[:, None], x[None][:0], x[None][:, :0]):
        for mine, expected in zip(model(array.astype(dtype)).values(), found(array.astype(dtype)), strict=True):
            np.testing.assert_array_equal(mine, expected)
            assert mine.dtype == np.int32
