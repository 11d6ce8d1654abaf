"""Triangular systems, against SciPy and against the bound of backward stability."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy.linalg import solve_triangular  # type: ignore[import-untyped, unused-ignore]

from tfgen_export import ConversionError, convert

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
@pytest.mark.parametrize("size", [1, 2, 3, 7, 10, 21, 31])
def test_solutions_are_scipy_s(size: int, dtype: str, converted: Any) -> None:
    kinds = dict(list(KINDS.items())[: 4 if size < 10 else 2])  # long graphs take long to convert
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


@pytest.mark.parametrize("name", list(KINDS))
def test_sizes_may_be_dynamic(name: str, converted: Any) -> None:
    lower, adjoint = KINDS[name]
    model = converted(function(lower, adjoint), signature([None, None, None], [None, None, None], "float64"))
    for size, columns, batch in [(1, 1, 1), (3, 2, 4), (10, 1, 1), (11, 3, 2), (20, 1, 3), (45, 2, 1), (4, 2, 0)]:
        matrix, right = systems(size, columns, matrices=(batch,), sides=(batch,))
        found = model(matrix, right)["output"]
        np.testing.assert_allclose(
            found, solve(matrix, right, lower=lower, adjoint=adjoint), rtol=1e-11, atol=1e-12, err_msg=str(size)
        )


def test_sizes_of_zero(converted: Any) -> None:
    model = converted(function(True, False), signature([None, 0, 0], [None, 0, 2], "float32"))
    assert model(np.ones((3, 0, 0), np.float32), np.ones((3, 0, 2), np.float32))["output"].shape == (3, 0, 2)


@pytest.mark.parametrize("lower", [False, True])
def test_ranks_may_be_unknown(lower: bool, converted: Any) -> None:
    def solve_reshaped(matrix: tf.Tensor, right: tf.Tensor, before: tf.Tensor, after: tf.Tensor) -> tf.Tensor:
        return function(lower, False)(tf.reshape(matrix, before), tf.reshape(right, after))

    vectors = [tf.TensorSpec([None], tf.float64, name=name) for name in ("matrix", "right")]
    shapes = [tf.TensorSpec([None], tf.int32, name=name) for name in ("before", "after")]
    model = converted(
        solve_reshaped,
        [*vectors, *shapes],
        inputs=lambda batch: [np.tile(np.eye(2).ravel(), batch), np.ones(2), np.array([batch, 2, 2]), np.array([2, 1])],
    )
    for matrices, sides in [((), ()), ((2, 3), (3,)), ((2, 1), (1, 4)), ((5,), ())]:
        matrix, right = systems(6, 2, matrices=matrices, sides=sides)
        found = model(matrix.ravel(), right.ravel(), np.array(matrix.shape, np.int32), np.array(right.shape, np.int32))[
            "output"
        ]
        expected = solve(matrix, right, lower=lower, adjoint=False)
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("size", [20, None])
def test_ill_conditioned_systems_are_solved_backward_stably(size: int | None, converted: Any) -> None:
    """Of entries of one distribution: the condition grows exponentially with the size, the residual does not."""
    model = converted(
        function(True, False),
        signature([None, size, size], [None, size, 1], "float64"),
        inputs=lambda batch: systems(20, 1, matrices=(batch,), sides=(batch,)),
    )
    rng = np.random.default_rng(1)
    matrix, right = np.tril(rng.normal(size=(50, 20, 20))), rng.normal(size=(50, 20, 1))
    assert np.linalg.cond(matrix).max() > 1e6
    found = model(matrix, right)["output"].astype(np.longdouble)
    residual = np.abs(matrix.astype(np.longdouble) @ found - right)
    assert (residual / (np.abs(matrix) @ np.abs(found))).max() < 4 * np.finfo(np.float64).eps


@pytest.mark.parametrize("lower", [False, True])
def test_what_is_infinite_reaches_only_rows_after_it(lower: bool, converted: Any) -> None:
    """The score of an infinite point is −∞, not NaN."""
    model = converted(function(lower, False), signature([4, 4], [4, 1], "float64"))
    right = np.array([1.0, 1.0, 1.0, np.inf] if lower else [np.inf, 1.0, 1.0, 1.0])[:, None]
    matrix = np.eye(4) * 2 + np.ones((4, 4))
    found = model(matrix, right)["output"][:, 0]
    assert np.isinf(found[-1 if lower else 0])
    assert np.isfinite(found[:-1] if lower else found[1:]).all()


def test_large_batches_are_whole(converted: Any) -> None:
    """They are solved piece by piece, and the last piece overlaps the one before."""
    model = converted(function(True, False), signature([None, 12, 12], [None, 12, 1], "float32"))
    for batch in (1, 255, 256, 257, 1000):
        matrix, right = systems(12, 1, matrices=(batch,), sides=(batch,))
        found = model(matrix.astype(np.float32), right.astype(np.float32))["output"]
        np.testing.assert_allclose(
            found, np.linalg.solve(np.tril(matrix), right), rtol=1e-3, atol=1e-4, err_msg=str(batch)
        )


def test_systems_within_a_branch(converted: Any) -> None:
    def branch(matrix: tf.Tensor) -> tf.Tensor:
        return tf.cond(tf.reduce_sum(matrix) > 0, lambda: tf.linalg.triangular_solve(matrix, matrix), lambda: matrix)

    model = converted(
        branch,
        [tf.TensorSpec([None, None, None], tf.float64, name="matrix")],
        inputs=lambda batch: [np.tile(np.eye(3), (batch, 1, 1))],
    )
    matrix = np.tril(np.ones((2, 4, 4)))
    np.testing.assert_allclose(model(matrix)["output"], np.tile(np.eye(4), (2, 1, 1)), atol=1e-15)
    np.testing.assert_array_equal(model(-matrix)["output"], -matrix)


def test_complex_matrices_are_refused_by_name() -> None:
    with pytest.raises(ConversionError):
        convert(
            lambda x: tf.math.real(tf.linalg.triangular_solve(tf.complex(x, x), tf.complex(x, x), name="mine")),
            [tf.TensorSpec([None, 2, 2], tf.float32, name="x")],
        )
