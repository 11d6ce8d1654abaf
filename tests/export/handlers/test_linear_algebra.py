"""Triangular systems, against SciPy and against the bound of backward stability."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy.linalg import solve_triangular  # type: ignore[import-untyped, unused-ignore]

KINDS = {
    "lower": (True, False),
    "upper_adjoint": (False, True),
    "upper": (False, False),
    "lower_adjoint": (True, True),
}


def systems(
    size: int, columns: int, *, matrices: tuple[int, ...], sides: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Full matrices, whose triangles are both well conditioned, and right sides."""
    rng = np.random.default_rng(size)
    matrix = rng.normal(size=(*matrices, size, size)) / np.sqrt(size)
    matrix[..., range(size), range(size)] = rng.choice([-1, 1], (*matrices, size)) * rng.uniform(
        1, 3, (*matrices, size)
    )
    return matrix, rng.normal(size=(*sides, size, columns))


def solve(matrix: np.ndarray, right: np.ndarray, *, lower: bool, adjoint: bool) -> np.ndarray:
    """SciPy's solutions in float64, system by system."""
    batch = np.broadcast_shapes(matrix.shape[:-2], right.shape[:-2])
    matrices = np.broadcast_to(matrix, (*batch, *matrix.shape[-2:])).astype(np.float64)
    sides = np.broadcast_to(right, (*batch, *right.shape[-2:])).astype(np.float64)
    solution = np.empty_like(sides)
    for index in np.ndindex(*batch):
        solution[index] = solve_triangular(matrices[index], sides[index], lower=lower, trans="T" if adjoint else "N")
    return solution


def function(lower: bool, adjoint: bool) -> Any:
    return lambda matrix, right: tf.linalg.triangular_solve(matrix, right, lower=lower, adjoint=adjoint)


def signature(matrix: list[int | None], right: list[int | None], dtype: str) -> list[tf.TensorSpec]:
    return [tf.TensorSpec(matrix, dtype, name="matrix"), tf.TensorSpec(right, dtype, name="right")]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [*range(1, 13), 64])
def test_solutions_are_scipy_s(size: int, dtype: str, converted: Any) -> None:
    kinds = dict(list(KINDS.items())[: 4 if size < 64 else 2])  # long graphs take long to convert
    matrix, right = (array.astype(dtype) for array in systems(size, 3, matrices=(5,), sides=(5,)))
    model = converted(
        lambda m, r: {name: function(*kind)(m, r) for name, kind in kinds.items()},
        signature([None, size, size], [None, size, 3], dtype),
        inputs=lambda batch: (np.resize(matrix, (batch, size, size)), np.resize(right, (batch, size, 3))),
    )
    for name, found in model(matrix, right).items():
        lower, adjoint = KINDS[name]
        expected = solve(matrix, right, lower=lower, adjoint=adjoint)
        assert found.dtype == dtype
        epsilon = np.finfo(dtype).eps
        scale = np.abs(expected).max(axis=(-2, -1), keepdims=True)
        assert (np.abs(found - expected) / scale).max() < 20 * epsilon * np.sqrt(size), name
        # Backward stability: the solution is exact for a matrix that differs by a few ε entry by entry.
        triangle = (np.tril if lower else np.triu)(matrix.astype(np.longdouble))
        triangle = triangle.swapaxes(-1, -2) if adjoint else triangle
        residual = np.abs(triangle @ found.astype(np.longdouble) - right)
        magnitude = np.abs(triangle) @ np.abs(found.astype(np.longdouble))
        assert (residual / magnitude).max() < 4 * epsilon, name


def test_a_constant_matrix_keeps_float64(converted: Any) -> None:
    """ONNX Runtime's MatMulScaleFusion would keep a constant divisor before a MatMul as float32."""
    matrix, right = systems(6, 1, matrices=(), sides=(4,))
    for name, kind in KINDS.items():
        solver = function(*kind)
        model = converted(
            lambda r, solver=solver: solver(matrix, r), [tf.TensorSpec([None, 6, 1], tf.float64, name="r")]
        )
        expected = solve(matrix, right, lower=kind[0], adjoint=kind[1])
        np.testing.assert_allclose(model(right)["output"], expected, rtol=1e-12, atol=1e-13, err_msg=name)


@pytest.mark.parametrize(
    ("matrices", "sides"),
    [
        ((), ()),
        ((4,), ()),
        ((), (4,)),
        ((2, 1), (1, 3)),
        ((1,), (2, 3)),
        ((2, 3), (3,)),
        ((0,), (1,)),
        ((2, 3), (2, 3)),
    ],
)
@pytest.mark.parametrize("adjoint", [False, True])
def test_batches_broadcast(matrices: tuple[int, ...], sides: tuple[int, ...], adjoint: bool, converted: Any) -> None:
    matrix, right = systems(4, 2, matrices=matrices, sides=sides)
    dynamic = signature([None] * len(matrices) + [4, 4], [None] * len(sides) + [4, 2], "float64")
    model = converted(function(True, adjoint), dynamic, inputs=lambda batch: (matrix, right))
    found = model(matrix, right)["output"]
    expected = solve(matrix, right, lower=True, adjoint=adjoint)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("lower", [False, True])
def test_the_other_triangle_is_not_read(lower: bool, converted: Any) -> None:
    matrix, right = systems(5, 1, matrices=(2,), sides=(2,))
    expected = solve(matrix, right, lower=lower, adjoint=False)
    matrix[:, *(np.triu_indices(5, 1) if lower else np.tril_indices(5, -1))] = np.nan
    model = converted(
        function(lower, False),
        signature([None, 5, 5], [None, 5, 1], "float64"),
        inputs=lambda batch: (np.resize(matrix, (batch, 5, 5)), np.ones((batch, 5, 1))),
    )
    np.testing.assert_allclose(model(matrix, right)["output"], expected, rtol=1e-12)


def test_columns_may_be_dynamic(converted: Any) -> None:
    model = converted(function(True, False), signature([3, 3], [3, None], "float64"))
    matrix, right = systems(3, 11, matrices=(), sides=())
    np.testing.assert_allclose(
        model(matrix, right)["output"], solve(matrix, right, lower=True, adjoint=False), rtol=1e-12
    )
