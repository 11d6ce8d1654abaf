"""Tridiagonal matrices, against dense ones in extended precision and TensorFlow."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf


def system(batch: tuple[int, ...], size: int, dtype: str, main: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Diagonals [..., 3, size], whose entries outside the matrix are NaN, and two right sides."""
    rng = np.random.default_rng(size)
    diagonals = rng.normal(size=(*batch, 3, size))
    diagonals[..., 1, :] *= main
    diagonals[..., 0, -1] = diagonals[..., 2, 0] = np.nan
    return diagonals.astype(dtype), rng.normal(size=(*batch, size, 2)).astype(dtype)


def dense(diagonals: np.ndarray) -> np.ndarray:
    size = diagonals.shape[-1]
    matrix = np.zeros((*diagonals.shape[:-2], size, size), np.longdouble)
    places = np.arange(size)
    matrix[..., places, places] = diagonals[..., 1, :]
    matrix[..., places[:-1], places[1:]] = diagonals[..., 0, :-1]
    matrix[..., places[1:], places[:-1]] = diagonals[..., 2, 1:]
    return matrix


def backward_error(diagonals: np.ndarray, solution: np.ndarray, right: np.ndarray) -> float:
    """max ‖A x − b‖ / (‖A‖ ‖x‖), in the norm of the largest."""
    matrix = dense(diagonals)
    residual = np.abs(matrix @ solution.astype(np.longdouble) - right).max(axis=-2)
    norm = np.abs(matrix).sum(axis=-1).max(axis=-1)[..., None]
    return float((residual / (norm * np.abs(solution).max(axis=-2))).max())


def solve(diagonals: Any, right: Any) -> tf.Tensor:
    tensors = tf.convert_to_tensor(diagonals), tf.convert_to_tensor(right)
    return tf.linalg.tridiagonal_solve(*tensors, diagonals_format="compact")


def multiply(diagonals: Any, right: Any) -> tf.Tensor:
    return tf.linalg.tridiagonal_matmul(tf.convert_to_tensor(diagonals), right, diagonals_format="compact")


def specs(first: list[int | None], second: list[int | None], dtype: str = "float64") -> list[tf.TensorSpec]:
    return [tf.TensorSpec(first, dtype, name="diagonals"), tf.TensorSpec(second, dtype, name="right")]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1, 2, 6, None])
def test_solutions_are_backward_stable(size: int | None, dtype: str, converted: Any) -> None:
    """With small entries on the diagonal too, where rows are exchanged."""
    model = converted(
        solve,
        specs([None, 3, size], [None, size, size and 2], dtype),
        inputs=lambda batch: system((batch,), size or 4, dtype, 10),
    )
    for whole in [size] if size else [1, 2, 3, 10, 50]:
        for main in (10, 1, 1e-3, 0 if whole == 2 else 1):
            diagonals, right = system((200,), whole, dtype, main)
            found = model(diagonals, right)["output"]
            assert (found.shape, found.dtype) == (right.shape, dtype)
            assert backward_error(diagonals, found, right) < 3 * np.finfo(dtype).eps, (whole, main)
        assert model(*system((0,), whole, dtype))["output"].shape == (0, whole, 2)


@pytest.mark.parametrize("batch", [(), (2, 3), (0, 2)])
def test_batches_of_any_rank(batch: tuple[int, ...], converted: Any) -> None:
    dynamic = [None] * len(batch)
    model = converted(
        lambda x, y: (solve(x, y), multiply(x, y)),
        specs([*dynamic, 3, None], [*dynamic, None, None]),
        inputs=lambda _: system(tuple(max(size, 1) for size in batch), 4, "float64", 10),
    )
    diagonals, right = system(batch, 5, "float64", 10)
    solution, product = model(diagonals, right).values()
    exact = dense(diagonals)
    np.testing.assert_allclose(solution, np.linalg.solve(exact.astype(float), right), rtol=1e-12)
    np.testing.assert_allclose(product, (exact @ right).astype(float), rtol=1e-12)


def test_ranks_may_be_unknown(converted: Any) -> None:
    def flat(diagonals: tf.Tensor, first: tf.Tensor, right: tf.Tensor, second: tf.Tensor) -> list[tf.Tensor]:
        x, y = tf.reshape(diagonals, first), tf.reshape(right, second)
        return [tf.reshape(value, [-1]) for value in (solve(x, y), multiply(x, y))]

    kinds = {"x": "float64", "first": "int32", "y": "float64", "second": "int32"}
    model = converted(
        flat,
        [tf.TensorSpec([None], kind, name=name) for name, kind in kinds.items()],
        inputs=lambda b: [np.tile([0, 0, 1, 1, 0, 0], b), [b, 3, 2], np.ones(2 * b), [b, 2, 1]],
    )
    for batch in [(), (3,), (2, 2)]:
        x, y = system(batch, 5, "float64", 10)
        arguments = (x.ravel(), np.array(x.shape, np.int32), y.ravel(), np.array(y.shape, np.int32))
        for found, expected in zip(model(*arguments).values(), flat(*arguments), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_singular_and_infinite_systems_are_tensorflow_s(converted: Any) -> None:
    model = converted(solve, specs([None, 3, 4], [None, 4, 2]), inputs=lambda batch: system((batch,), 4, "float64", 10))
    diagonals, right = system((5,), 4, "float64")
    diagonals[0] = 0
    diagonals[1, :, 1] = np.nan
    diagonals[2, 1] = 0
    right[3, 2], right[4, 0] = np.inf, np.nan
    np.testing.assert_allclose(model(diagonals, right)["output"], solve(diagonals, right), rtol=1e-13)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_are_tensorflow_s(dtype: str, converted: Any) -> None:
    model = converted(
        multiply, specs([None, 3, None], [None, None, 2], dtype), inputs=lambda batch: system((batch,), 4, dtype)
    )
    for batch, size in [(4, 1), (1, 2), (50, 7), (0, 3)]:
        diagonals, right = system((batch,), size, dtype)
        right[:1, :1] = np.inf
        np.testing.assert_array_equal(model(diagonals, right)["output"], multiply(diagonals, right))
