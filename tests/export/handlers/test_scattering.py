"""Entries and slices written to places, against NumPy's own `ufunc.at`."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

INTO: dict[str, tuple[Callable[..., tf.Tensor], Callable[..., None]]] = {
    "add": (tf.tensor_scatter_nd_add, np.add.at),
    "sub": (tf.tensor_scatter_nd_sub, np.subtract.at),
    "max": (tf.tensor_scatter_nd_max, np.maximum.at),
    "min": (tf.tensor_scatter_nd_min, np.minimum.at),
}
SHAPES = [((5,), 1), ((5, 3), 1), ((4, 3), 2), ((4, 3, 2), 2), ((4, 3, 2), 1)]


def spec(dtype: str, *sizes: int | None, name: str) -> tf.TensorSpec:
    return tf.TensorSpec(sizes, dtype, name=name)


def draw(shape: tuple[int, ...], depth: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices that repeat, and updates."""
    rng = np.random.default_rng(count)
    indices = np.stack([rng.integers(0, shape[axis], count) for axis in range(depth)], axis=-1).astype(np.int32)
    return indices, rng.normal(size=(count, *shape[depth:]))


@pytest.mark.parametrize(("shape", "depth"), SHAPES)
def test_scattered_entries_add_up(shape: tuple[int, ...], depth: int, converted: Any) -> None:
    model = converted(
        lambda indices, updates: tf.scatter_nd(indices, updates, shape),
        [spec("int32", None, depth, name="indices"), spec("float64", None, *shape[depth:], name="updates")],
        inputs=lambda batch: draw(shape, depth, batch),
    )
    for count in (0, 1, 40):
        indices, updates = draw(shape, depth, count)
        expected = np.zeros(shape)
        np.add.at(expected, tuple(indices.T), updates)
        np.testing.assert_allclose(model(indices, updates)["output"], expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(("shape", "depth"), SHAPES[1:4])
@pytest.mark.parametrize("name", INTO)
def test_tensors_are_combined_with_others(name: str, shape: tuple[int, ...], depth: int, converted: Any) -> None:
    function, oracle = INTO[name]
    x = np.random.default_rng(0).normal(size=shape)
    signature = [
        spec("float64", *[None] * len(shape), name="x"),
        spec("int64", None, depth, name="indices"),
        spec("float64", None, *[None] * len(shape[depth:]), name="updates"),
    ]
    model = converted(function, signature, inputs=lambda batch: [x, *draw(shape, depth, batch)])
    indices, updates = draw(shape, depth, 40)
    expected = x.copy()
    oracle(expected, tuple(indices.T), updates)
    found = model(x, indices.astype(np.int64), updates)["output"]
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)


def test_entries_are_replaced(converted: Any) -> None:
    model = converted(
        tf.tensor_scatter_nd_update,
        [spec("float32", None, 2, name="x"), spec("int32", 2, 1, name="indices"), spec("float32", 2, 2, name="y")],
        inputs=lambda batch: [np.zeros((batch + 2, 2)), np.array([[0], [1]]), np.ones((2, 2))],
    )
    x, y = np.full((4, 2), -0.0, np.float32), np.array([[np.nan, 1], [np.inf, -0.0]], np.float32)
    found = model(x, np.array([[3], [1]], np.int32), y)["output"]
    np.testing.assert_array_equal(found, [x[0], y[1], x[2], y[0]])


def test_repeated_places_lose_nothing_on_two_threads(converted: Any) -> None:
    """ONNX Runtime's ScatterND loses sums here in most runs."""
    model = converted(
        lambda indices, updates: tf.scatter_nd(indices, updates, [7, 64]),
        [spec("int32", None, 1, name="indices"), spec("float32", None, 64, name="updates")],
        inputs=lambda batch: draw((7, 64), 1, batch),
    )
    indices = np.random.default_rng(0).integers(0, 7, (50_000, 1)).astype(np.int32)
    expected = np.bincount(indices[:, 0], minlength=7).astype(np.float32)
    for _ in range(5):
        found = model(indices, np.ones((50_000, 64), np.float32))["output"]
        np.testing.assert_array_equal(found, np.tile(expected[:, None], (1, 64)))


def test_slices_are_stitched_together(converted: Any) -> None:
    signature = [
        spec("int32", None, 2, name="first"),
        spec("int32", name="second"),
        spec("float64", None, 2, 3, name="x"),
        spec("float64", 3, name="y"),
    ]
    model = converted(
        lambda i, j, x, y: tf.dynamic_stitch([i, j], [x, y]),
        signature,
        inputs=lambda batch: [np.arange(2 * batch).reshape(-1, 2), np.array(0), np.ones((batch, 2, 3)), np.zeros(3)],
    )
    x, y = np.random.default_rng(0).normal(size=(2, 2, 3)), np.arange(3.0)
    for first, second in [([[3, 1], [0, 5]], 2), ([[3, 1], [0, 5]], 1), ([[0, 1], [2, 3]], 4)]:
        arrays = np.array(first, np.int32), np.array(second, np.int32), x, y
        expected = np.zeros((max(np.max(first), second) + 1, 3))
        expected[np.ravel(first)] = x.reshape(-1, 3)
        expected[second] = y
        np.testing.assert_array_equal(model(*arrays)["output"], expected)


@pytest.mark.parametrize("reduction", [tf.reduce_sum, tf.reduce_mean, tf.reduce_max, tf.reduce_logsumexp])
def test_gradients_of_reductions(reduction: Callable[..., tf.Tensor], converted: Any) -> None:
    def gradient(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.sin(reduction(x, axis=-1))
        return tape.gradient(y, x)

    model = converted(gradient, [spec("float64", None, None, 3, name="x")])
    x = np.random.default_rng(0).normal(size=(4, 2, 3))
    np.testing.assert_allclose(model(x)["output"], gradient(tf.constant(x)), rtol=1e-12)
