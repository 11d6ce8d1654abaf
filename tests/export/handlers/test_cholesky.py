"""Cholesky factors, against NumPy and against the bound of backward stability."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

EPSILON = {dtype: float(np.finfo(dtype).eps) for dtype in ("float32", "float64")}


def positive_definite(*shape: int, seed: int = 0) -> np.ndarray:
    """Matrices of moderate condition: [*batch, size, size]."""
    factor = np.random.default_rng(seed).normal(size=shape)
    return factor @ factor.swapaxes(-1, -2) / shape[-1] + np.eye(shape[-1])


def graded(batch: int, size: int, condition: float) -> np.ndarray:
    """Matrices whose eigenvalues go from 1 down to 1/condition."""
    rotation = np.linalg.qr(np.random.default_rng(size).normal(size=(batch, size, size)))[0]
    return (rotation * np.geomspace(1, 1 / condition, size)) @ rotation.swapaxes(-1, -2)


def backward_error(factor: np.ndarray, matrix: np.ndarray) -> float:
    """max |L Lᵀ − A| / (|L| |L|ᵀ), of A's lower triangle."""
    wide = factor.astype(np.longdouble)
    residual = np.abs(np.tril(wide @ wide.swapaxes(-1, -2) - matrix))
    return float((residual / (np.abs(wide) @ np.abs(wide).swapaxes(-1, -2))).max())


def spec(*sizes: int | None, dtype: str = "float64") -> list[tf.TensorSpec]:
    return [tf.TensorSpec(sizes, dtype, name="x")]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 10, 13, 31])
def test_factors_are_backward_stable(size: int, dtype: str, converted: Any) -> None:
    model = converted(
        tf.linalg.cholesky,
        spec(None, size, size, dtype=dtype),
        inputs=lambda batch: [positive_definite(batch, size, size)],
    )
    for matrix in (positive_definite(40, size, size), graded(5, size, 1e3 if dtype == "float32" else 1e10)):
        rounded = matrix.astype(dtype)
        found = model(rounded)["output"]
        assert found.dtype == dtype
        assert not np.triu(found, 1).any()
        assert backward_error(found, rounded) < 8 * EPSILON[dtype]
    matrix = positive_definite(4, size, size).astype(dtype)
    np.testing.assert_allclose(
        model(matrix)["output"], np.linalg.cholesky(matrix.astype(float)), atol=50 * EPSILON[dtype]
    )


def test_sizes_may_be_dynamic(converted: Any) -> None:
    model = converted(tf.linalg.cholesky, spec(None, None, None), inputs=lambda batch: [positive_definite(batch, 4, 4)])
    for batch, size in [(1, 1), (3, 7), (2, 10), (1, 11), (4, 20), (1, 57), (0, 3)]:
        matrix = positive_definite(batch, size, size)
        found = model(matrix)["output"]
        np.testing.assert_allclose(found, np.linalg.cholesky(matrix), atol=1e-14, err_msg=str(size))


@pytest.mark.parametrize("batch", [(), (2, 3), (1, 2, 1)])
def test_batches_of_any_rank(batch: tuple[int, ...], converted: Any) -> None:
    model = converted(
        tf.linalg.cholesky, spec(*[None] * len(batch), 4, 4), inputs=lambda _: [positive_definite(*batch, 4, 4)]
    )
    matrix = positive_definite(*batch, 4, 4, seed=1)
    np.testing.assert_allclose(model(matrix)["output"], np.linalg.cholesky(matrix), atol=1e-14)


def test_ranks_may_be_unknown(converted: Any) -> None:
    model = converted(
        lambda x, shape: tf.linalg.cholesky(tf.reshape(x, shape)),
        [tf.TensorSpec([None], tf.float64, name="x"), tf.TensorSpec([None], tf.int32, name="shape")],
        inputs=lambda batch: [np.tile(np.eye(2).ravel(), batch), np.array([batch, 2, 2])],
    )
    for shape in [(3, 3), (2, 5, 3, 3), (0, 2, 2)]:
        matrix = positive_definite(*shape)
        found = model(matrix.ravel(), np.array(shape, np.int32))["output"]
        np.testing.assert_allclose(found, np.linalg.cholesky(matrix), atol=1e-14)


@pytest.mark.parametrize("size", [3, 12, None])
def test_what_is_not_positive_definite_is_not_a_number(size: int | None, converted: Any) -> None:
    """Of such a matrix only, in its whole triangle; TensorFlow leaves parts of it as they were."""
    model = converted(
        tf.linalg.cholesky,
        spec(None, size, size),
        inputs=lambda batch: [positive_definite(batch, size or 3, size or 3)],
    )
    whole = size or 12
    matrix = positive_definite(6, whole, whole)
    matrix[0, 0, 0] = -1  # the first pivot
    matrix[1, -1, -1] = 0  # the last
    matrix[2] = 0
    matrix[3] = np.ones((whole, whole))  # of rank one
    matrix[4, 1, 0] = np.nan
    found = model(matrix)["output"]
    expected = tf.linalg.cholesky(matrix).numpy()
    np.testing.assert_array_equal(np.isnan(found).any((1, 2)), np.isnan(expected).any((1, 2)))
    assert np.isnan(found[:5, *np.tril_indices(whole)]).all()
    assert not found[:, *np.triu_indices(whole, 1)].any()
    np.testing.assert_allclose(found[5], np.linalg.cholesky(matrix[5]), atol=1e-14)


def test_what_stands_above_the_diagonal_is_not_read(converted: Any) -> None:
    model = converted(tf.linalg.cholesky, spec(None, 12, 12), inputs=lambda batch: [positive_definite(batch, 12, 12)])
    matrix = positive_definite(3, 12, 12)
    expected = np.linalg.cholesky(matrix)
    matrix[:, *np.triu_indices(12, 1)] = np.nan
    np.testing.assert_allclose(model(matrix)["output"], expected, atol=1e-14)


def test_large_batches_are_whole(converted: Any) -> None:
    model = converted(tf.linalg.cholesky, spec(None, 8, 8), inputs=lambda batch: [positive_definite(batch, 8, 8)])
    for batch in (511, 512, 513, 2000):
        matrix = positive_definite(batch, 8, 8)
        np.testing.assert_allclose(model(matrix)["output"], np.linalg.cholesky(matrix), atol=1e-14)
