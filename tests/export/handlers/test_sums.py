"""Sums of integers, to the last one."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf


def integers(dtype: str, *shape: int) -> np.ndarray:
    info = np.iinfo(dtype)
    size = int(np.prod(shape))
    return np.random.default_rng(0).integers(info.min // size, info.max // size, shape, dtype, endpoint=True)


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint64"])
@pytest.mark.parametrize(("axis", "keepdims"), [(-1, False), (0, True), ([0, 2], False), (None, False), ([], True)])
def test_a_sum_of_integers_is_exact(axis: Any, keepdims: bool, dtype: str, converted: Any) -> None:
    signature = [tf.TensorSpec([None, 3, None], dtype, name="x")]
    x = integers(dtype, 4, 3, 5)
    model = converted(
        lambda x: tf.reduce_sum(x, axis, keepdims), signature, inputs=lambda batch: [np.ones((batch, 3, batch), dtype)]
    )
    expected = x if axis == [] else x.sum(None if axis is None else tuple(np.ravel(axis)), keepdims=keepdims)
    found = model(x)["output"]
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, expected)


def test_an_overflow_of_int64_wraps_around(converted: Any) -> None:
    model = converted(lambda x: tf.reduce_sum(x, -1), [tf.TensorSpec([None, 2], tf.int64, name="x")])
    x = np.array([[2**63 - 1, 5], [-(2**63), -7], [2**62, 2**62]])
    np.testing.assert_array_equal(model(x)["output"], x.sum(-1))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_sum_of_floating_point_numbers_stays(dtype: str, converted: Any) -> None:
    model = converted(lambda x: tf.reduce_sum(x, [1]), [tf.TensorSpec([None, None], dtype, name="x")])
    x = np.random.default_rng(0).normal(size=(5, 40)).astype(dtype)
    np.testing.assert_allclose(model(x)["output"], x.astype(np.longdouble).sum(1), rtol=1e-5, atol=1e-6)
    assert model.operators == {"ReduceSum"}
    np.testing.assert_array_equal(model(x[:, :0])["output"], np.zeros(5))


@pytest.mark.parametrize("dtype", ["int32", "int64", "float64"])
def test_the_sum_of_several_tensors(dtype: str, converted: Any) -> None:
    signature = [tf.TensorSpec([None], dtype, name=name) for name in ("x", "y", "z")]
    arrays = [np.array([1, 2**30], dtype), np.array([5, -7], dtype), np.array([-3, 2**29], dtype)]
    found = converted(lambda *values: tf.raw_ops.AddN(inputs=list(values)), signature)(*arrays)["output"]
    np.testing.assert_array_equal(found, sum(arrays))
