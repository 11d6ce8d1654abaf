"""Indexing against NumPy's, with and without a rank that is known, by constants and by tensors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

INDICES: dict[str, Callable[[Any], Any]] = {
    "first": lambda x: x[0],
    "last": lambda x: x[-1],
    "range": lambda x: x[1:3],
    "to the end": lambda x: x[-2:],
    "step": lambda x: x[::2],
    "back": lambda x: x[::-1],
    "back from": lambda x: x[2:0:-1],
    "beyond": lambda x: x[1:100],
    "nothing": lambda x: x[3:1],
    "last axis": lambda x: x[..., 0],
    "last axis, last": lambda x: x[..., -1],
    "last axis, range": lambda x: x[..., 1:],
    "last axis, back": lambda x: x[..., ::-1],
    "two last": lambda x: x[..., 0, 1:],
    "both ends": lambda x: x[1, ..., -1],
    "new first": lambda x: x[np.newaxis],
    "new last": lambda x: x[..., np.newaxis],
    "new before last": lambda x: x[..., np.newaxis, :],
    "new behind index": lambda x: x[0, np.newaxis, ..., np.newaxis, -1],
    "all": lambda x: x[:],
    "mixed": lambda x: x[1:, np.newaxis, ..., ::2, np.newaxis],
}


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("name", INDICES)
def test_indices(name: str, known: bool, converted: Any) -> None:
    index = INDICES[name]
    signature = [tf.TensorSpec([None], tf.float32, name="x"), tf.TensorSpec([None], tf.int64, name="shape")]

    def function(x: tf.Tensor, shape: tf.Tensor) -> tf.Tensor:
        return index(tf.reshape(x, tf.ensure_shape(shape, [3]) if known else shape))

    model = converted(function, signature, inputs=lambda batch: [np.zeros(24), np.array([4, 2, 3])])
    x = np.arange(24, dtype="f4")
    for shape in ((4, 2, 3), (3, 2, 4)) if known else ((4, 2, 3), (2, 3, 2, 2), (4, 6)):
        expected = index(x.reshape(shape))
        np.testing.assert_array_equal(model(x, np.array(shape))["output"], expected)


@pytest.mark.parametrize("dtype", ["int32", "int64", "bool", "float64"])
def test_bounds_by_tensors(dtype: str, converted: Any) -> None:
    scalars = [tf.TensorSpec([], tf.int32, name=name) for name in ("begin", "end", "step", "index")]
    model = converted(
        lambda x, begin, end, step, index: x[begin:end:step, index],
        [tf.TensorSpec([None, 3], dtype, name="x"), *scalars],
        inputs=lambda batch: [np.arange(12).reshape(4, 3), np.int32(0), np.int32(3), np.int32(1), np.int32(1)],
    )
    x = np.arange(12).reshape(4, 3).astype(dtype)
    for begin, end, step, index in ((0, 4, 2, 0), (-1, 0, -1, -1), (1, -1, 1, 2), (3, -5, -2, -3)):
        arguments = [np.array(value, np.int32) for value in (begin, end, step, index)]
        np.testing.assert_array_equal(model(x, *arguments)["output"], x[begin:end:step, index])


def test_half_open_bounds_by_tensors(converted: Any) -> None:
    scalars = [tf.TensorSpec([], tf.int32, name=name) for name in ("bound", "step")]
    model = converted(
        lambda x, bound, step: {"from": x[bound::step], "to": x[:bound:step]},
        [tf.TensorSpec([None], tf.float32, name="x"), *scalars],
        inputs=lambda batch: [np.arange(batch), np.int32(0), np.int32(1)],
    )
    x = np.arange(6, dtype="f4")
    for bound in (-2, 0, 3):
        for step in (1, 2, -1, -2):
            found = model(x, np.array(bound, np.int32), np.array(step, np.int32))
            np.testing.assert_array_equal(found["from"], x[bound::step])
            np.testing.assert_array_equal(found["to"], x[:bound:step])
