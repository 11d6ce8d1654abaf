"""Shapes that broadcast, against NumPy's rule."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

SHAPES: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((), ()),
    ((), (3,)),
    ((2, 3), ()),
    ((1,), (1,)),
    ((1,), (5,)),
    ((2, 3), (3,)),
    ((3,), (2, 1)),
    ((2, 1, 4), (3, 1)),
    ((1, 1, 1, 1), (7,)),
    ((0,), (1,)),
    ((1,), (0,)),
    ((0,), ()),
    ((2, 0), (1, 1)),
    ((0, 3), (4, 1, 3)),
    ((1, 0, 1), (5, 1, 6)),
]


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_shapes_broadcast_as_in_numpy(dtype: str, converted: Any) -> None:
    signature = [tf.TensorSpec([None], dtype, name=name) for name in ("first", "second")]
    model = converted(tf.broadcast_dynamic_shape, signature, inputs=lambda batch: [np.ones(batch), np.arange(batch)])
    assert "Expand" in model.operators
    for first, second in SHAPES:
        for pair in ((first, second), (second, first)):
            found = model(*(np.array(shape, dtype) for shape in pair))["output"]
            assert found.dtype == dtype
            assert tuple(found) == np.broadcast_shapes(*pair), pair


def test_random_shapes_broadcast_as_in_numpy(converted: Any) -> None:
    signature = [tf.TensorSpec([None], tf.int32, name=name) for name in ("first", "second")]
    model = converted(tf.broadcast_dynamic_shape, signature, inputs=lambda batch: [np.ones(batch)] * 2)
    rng = np.random.default_rng(0)
    for _ in range(300):
        whole = rng.integers(0, 5, rng.integers(0, 6))
        pair = []
        for _ in range(2):
            part = np.where(rng.random(len(whole)) < 0.5, 1, whole)
            pair.append(part[rng.integers(0, len(whole) + 1) :].astype(np.int32))
        assert tuple(model(*pair)["output"]) == np.broadcast_shapes(*map(tuple, pair)), pair


@pytest.mark.parametrize("lengths", [(3, 3), (2, 4), (3, 1), (0, 2)])
def test_shapes_of_known_length_broadcast_without_a_tensor(lengths: tuple[int, int], converted: Any) -> None:
    signature = [
        tf.TensorSpec([length], tf.int32, name=name) for name, length in zip(("first", "second"), lengths, strict=True)
    ]
    model = converted(
        tf.broadcast_dynamic_shape, signature, inputs=lambda _: [np.ones(length, np.int32) for length in lengths]
    )
    assert "Expand" not in model.operators
    rng = np.random.default_rng(0)
    for _ in range(200):
        whole = rng.integers(0, 5, max(lengths))
        pair = [np.where(rng.random(n) < 0.5, 1, whole[max(lengths) - n :]).astype(np.int32) for n in lengths]
        assert tuple(model(*pair)["output"]) == np.broadcast_shapes(*map(tuple, pair)), pair


def test_shapes_that_do_not_broadcast_are_refused(converted: Any) -> None:
    signature = [tf.TensorSpec([None], tf.int32, name=name) for name in ("first", "second")]
    model = converted(tf.broadcast_dynamic_shape, signature, inputs=lambda batch: [np.ones(batch)] * 2)
    with pytest.raises(Exception, match="Expand"):
        model(np.array([2, 3], np.int32), np.array([2, 4], np.int32))


def test_tensors_of_dynamic_shape_are_broadcast(converted: Any) -> None:
    def grow(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        return tf.broadcast_to(x, tf.broadcast_dynamic_shape(tf.shape(x), tf.shape(y)))

    model = converted(
        grow,
        [
            tf.TensorSpec([None, 1], tf.float32, name="x"),
            tf.TensorSpec([None, None, None], tf.float32, name="y"),
        ],
    )
    x, y = np.array([[1.0], [2.0]], np.float32), np.zeros((3, 1, 4), np.float32)
    np.testing.assert_array_equal(model(x, y)["output"], np.broadcast_to(x, (3, 2, 4)))
