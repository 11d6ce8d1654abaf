"""Entries by their indices, against TensorFlow run directly and NumPy's own indexing."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

FLAT = [tf.TensorSpec([None], dtype, name=name) for name, dtype in [("x", tf.float32), ("indices", tf.int32)]]
SHAPES = [tf.TensorSpec([None], tf.int32, name=name) for name in ("before", "after")]


def draw(shape: tuple[int, ...], places: tuple[int, ...], size: int) -> list[np.ndarray]:
    rng = np.random.default_rng(len(shape))
    return [rng.normal(size=shape).astype(np.float32), rng.integers(0, size, places).astype(np.int32)]


@pytest.mark.parametrize(
    ("shape", "places", "axis", "batch"),
    [
        ((5, 4), (3,), 0, 0),
        ((5, 4), (3, 2), 1, 0),
        ((3, 4), (3, 2), 1, 1),  # entries of rows, as a spline's bins
        ((2, 3, 4), (2, 3, 1), -1, 2),
        ((2, 3, 4), (2, 3), -1, 2),
        ((3, 4, 2), (3, 5), 1, 1),  # slices in each row
        ((3, 2, 4), (3, 5), 2, 1),  # with an axis between
        ((3, 4, 2), (3, 2, 2), 1, 1),
        ((2, 3, 4), (2, 3, 5), -1, -1),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_gathers(
    shape: tuple[int, ...], places: tuple[int, ...], axis: int, batch: int, known: bool, converted: Any
) -> None:
    if not known and batch < 0:
        pytest.skip("TensorFlow counts from the end of a rank that it knows")
    arrays = draw(shape, places, shape[axis])

    def gather(x: tf.Tensor, indices: tf.Tensor, before: Any = None, after: Any = None) -> tf.Tensor:
        if not known:  # the shapes are tensors, of which the trace knows nothing
            x, indices = tf.reshape(x, before), tf.reshape(indices, after)
        return tf.gather(x, indices, axis=axis, batch_dims=batch)

    expected = tf.gather(*arrays, axis=axis, batch_dims=batch)
    if known:
        signature = [
            tf.TensorSpec([None] * len(array.shape), array.dtype, name=name)
            for array, name in zip(arrays, ("x", "indices"), strict=True)
        ]
    else:
        signature = FLAT + SHAPES
        arrays = [array.ravel() for array in arrays] + [np.array(entry, np.int32) for entry in (shape, places)]
    model = converted(gather, signature, inputs=lambda _: arrays)
    np.testing.assert_array_equal(model(*arrays)["output"], expected)


def test_one_hot_vectors(converted: Any) -> None:
    model = converted(
        lambda i: {
            "last": tf.one_hot(i, 3),
            "first": tf.one_hot(i, 3, axis=0),
            "values": tf.one_hot(i, 3, on_value=5, off_value=-1),
        },
        [tf.TensorSpec([None], tf.int32, name="i")],
        inputs=lambda batch: [np.arange(batch) % 3],
    )
    indices = np.array([0, 2, -1, 3, 1], np.int32)  # neither −1 nor 3 is a place
    found, hot = model(indices), (indices[:, None] == np.arange(3)).astype(np.float32)
    np.testing.assert_array_equal(found["last"], hot)
    np.testing.assert_array_equal(found["first"], hot.T)
    np.testing.assert_array_equal(found["values"], np.where(hot > 0, 5, -1))


def test_places_of_what_is_not_zero(converted: Any) -> None:
    model = converted(tf.where, [tf.TensorSpec([None, 3], tf.bool, name="x")])
    mask = np.random.default_rng(0).random((6, 3)) > 0.5
    np.testing.assert_array_equal(model(mask)["output"], np.argwhere(mask))
    np.testing.assert_array_equal(model(np.zeros((2, 3), bool))["output"], np.zeros((0, 2)))


def test_rows_by_a_vector_s_truth(converted: Any) -> None:
    model = converted(
        lambda c, x, y: tf.raw_ops.Select(condition=c, x=x, y=y),
        [tf.TensorSpec([None], tf.bool, name="c"), *(tf.TensorSpec([None, 2], tf.float32, name=n) for n in "xy")],
    )
    condition = np.array([True, False, True])
    x, y = np.full((3, 2), np.inf, np.float32), np.full((3, 2), np.nan, np.float32)
    np.testing.assert_array_equal(model(condition, x, y)["output"], np.where(condition[:, None], x, y))
