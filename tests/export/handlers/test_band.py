"""Matrices of few diagonals, against TensorFlow and SciPy."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy.linalg import solve_banded  # type: ignore[import-untyped, unused-ignore]

KINDS = [(True, False), (True, True), (False, False), (False, True)]


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "float16", "int8", "uint8", "int32", "int64", "uint32", "bool"]
)
def test_parts_are_tensorflow_s(dtype: str, converted: Any) -> None:
    """What is left out is 0, be it NaN or infinite."""
    model = converted(
        tf.linalg.band_part,
        [
            tf.TensorSpec([None, None, None], dtype, name="x"),
            *(tf.TensorSpec([], tf.int64, name=name) for name in ("lower", "upper")),
        ],
        inputs=lambda batch: [np.ones((batch, 3, 4)), 1, 0],
    )
    rng = np.random.default_rng(0)
    for shape in [(2, 4, 3), (1, 1, 5), (3, 5, 5), (0, 3, 3), (2, 3, 0)]:
        x = rng.integers(0, 100, shape).astype(dtype)
        if x.dtype.kind == "f" and x.size:
            x.flat[:4] = np.inf, np.nan, -0.0, -np.inf
            x.flat[-1] = np.nan
        for lower in sorted({-1, 0, min(1, shape[1]), shape[1]}):
            for upper in sorted({-1, 0, min(1, shape[2]), shape[2]}):
                found = model(x, np.int64(lower), np.int64(upper))["output"]
                expected = tf.linalg.band_part(x, lower, upper).numpy()
                np.testing.assert_array_equal(found, expected, err_msg=f"{shape} {lower} {upper}")
                assert found.dtype == dtype


def test_counts_may_be_constants_and_ranks_unknown(converted: Any) -> None:
    def parts(x: tf.Tensor, shape: tf.Tensor) -> list[tf.Tensor]:
        counts = [(0, 0), (-1, 0), (0, -1), (2, 1), (-1, -1)]
        return [tf.reshape(tf.linalg.band_part(tf.reshape(x, shape), *pair), [-1]) for pair in counts]

    model = converted(
        parts,
        [tf.TensorSpec([None], tf.float64, name="x"), tf.TensorSpec([None], tf.int32, name="shape")],
        inputs=lambda batch: [np.ones(4 * batch), np.array([batch, 2, 2])],
    )
    for shape in [(4, 5), (2, 6, 4), (2, 1, 3, 3), (0, 4, 4)]:
        x = np.random.default_rng(1).normal(size=shape).ravel()
        for found, expected in zip(model(x, np.array(shape, np.int32)).values(), parts(x, shape), strict=True):
            np.testing.assert_array_equal(found, expected)


def bands(batch: tuple[int, ...], count: int, size: int, *, lower: bool) -> np.ndarray:
    """Diagonals, the highest first; NaN where they stand outside of the matrix."""
    rng = np.random.default_rng(size)
    found = rng.normal(size=(*batch, count, size)) / count
    found[..., 0 if lower else -1, :] = rng.choice([-1, 1], (*batch, size)) * rng.uniform(1, 2, (*batch, size))
    for place in range(count):
        distance = place if lower else count - 1 - place
        outside = slice(0, distance) if lower else slice(size - distance, size)
        found[..., place, outside] = np.nan
    return found


def dense(diagonals: np.ndarray, *, lower: bool) -> np.ndarray:
    """A diagonal's entries stand in their rows' places."""
    count, size = diagonals.shape
    matrix = np.zeros((size, size), diagonals.dtype)
    for place in range(count):
        for row in range(size):
            column = row - place if lower else row + count - 1 - place
            if 0 <= column < size:
                matrix[row, column] = diagonals[place, row]
    return matrix


def solve(matrix: np.ndarray, right: np.ndarray, width: int, *, lower: bool) -> np.ndarray:
    """SciPy's own solver of systems with bands, which keeps them in the places of their columns."""
    size = len(matrix)
    ab = np.array(
        [np.pad(np.diag(matrix, -k if lower else k), (0, k) if lower else (k, 0))[:size] for k in range(width)]
    )
    return solve_banded((width - 1, 0) if lower else (0, width - 1), ab if lower else ab[::-1], right)


@pytest.mark.parametrize(("lower", "adjoint"), KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_solutions_are_scipy_s(dtype: str, lower: bool, adjoint: bool, converted: Any) -> None:
    model = converted(
        lambda x, y: tf.linalg.banded_triangular_solve(x, y, lower=lower, adjoint=adjoint),
        [tf.TensorSpec([None, None, None], dtype, name=name) for name in ("x", "y")],
        inputs=lambda batch: [np.ones((batch, 1, 3)), np.ones((batch, 3, 2))],
    )
    for batch, count, size in [(3, 3, 6), (1, 1, 1), (2, 4, 4), (1, 2, 25), (0, 2, 5)]:
        diagonals = bands((batch,), count, size, lower=lower).astype(dtype)
        right = np.random.default_rng(2).normal(size=(batch, size, 2)).astype(dtype)
        found = model(diagonals, right)["output"]
        assert (found.shape, found.dtype) == (right.shape, dtype)
        for x, y, solution in zip(diagonals.astype(float), right.astype(float), found, strict=True):
            matrix = dense(x, lower=lower)
            matrix = matrix.T if adjoint else matrix
            expected = solve(matrix, y, count, lower=lower != adjoint)
            residual = np.abs(matrix @ solution - y) / (np.abs(matrix) @ np.abs(solution))
            assert residual.max() < 4 * np.finfo(dtype).eps
            np.testing.assert_allclose(solution, expected, atol=200 * np.finfo(dtype).eps * np.abs(expected).max())


def test_batches_of_systems_broadcast(converted: Any) -> None:
    diagonals, right = bands((2, 1), 3, 5, lower=True), np.random.default_rng(3).normal(size=(4, 5, 2))
    expected = tf.linalg.banded_triangular_solve(np.nan_to_num(diagonals), right)
    for signature in ([[None, 1, 3, 5], [None, 5, 2]], [[2, 1, 3, 5], [4, 5, 2]]):
        specs = [tf.TensorSpec(shape, tf.float64, name=name) for shape, name in zip(signature, "xy", strict=True)]
        model = converted(tf.linalg.banded_triangular_solve, specs, inputs=lambda _: [diagonals, right])
        np.testing.assert_allclose(model(diagonals, right)["output"], expected, rtol=1e-12)
    single = [tf.TensorSpec(shape, tf.float64, name=name) for shape, name in zip([[3, 5], [5, 2]], "xy", strict=True)]
    model = converted(tf.linalg.banded_triangular_solve, single, inputs=lambda _: [diagonals[0, 0], right[0]])
    np.testing.assert_allclose(model(diagonals[0, 0], right[0])["output"], expected[0, 0], rtol=1e-12)
