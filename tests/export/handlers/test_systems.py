"""Systems, inverses and LU factors, against NumPy, and against TensorFlow's choice of pivots."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy.linalg import hadamard  # type: ignore[import-untyped, unused-ignore]

EPSILON = {dtype: float(np.finfo(dtype).eps) for dtype in ("float32", "float64")}


def matrices(*shape: int, seed: int = 0) -> np.ndarray:
    """Well conditioned, with small entries on the diagonal, so that rows must be exchanged."""
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(rng.normal(size=shape))[0]
    return rotation * rng.uniform(0.5, 2, (*shape[:-2], 1, shape[-1])) @ np.eye(shape[-1])[::-1]


def spec(*sizes: int | None, dtype: str = "float64", name: str = "x") -> tf.TensorSpec:
    return tf.TensorSpec(sizes, dtype, name=name)


def everything(matrix: tf.Tensor, right: tf.Tensor) -> dict[str, tf.Tensor]:
    lu, order = tf.linalg.lu(matrix)
    return {
        "solution": tf.linalg.solve(matrix, right),
        "adjoint": tf.linalg.solve(matrix, right, adjoint=True),
        "inverse": tf.linalg.inv(matrix),
        "inverse_adjoint": tf.linalg.inv(matrix, adjoint=True),
        "lu": lu,
        "order": order,
    }


def check(found: dict[str, np.ndarray], matrix: np.ndarray, right: np.ndarray) -> None:
    """Backward errors, matrix by matrix: |A X − B| ≤ c·ε·‖A‖·‖X‖, and |P A − L U| ≤ c·ε·|L|·|U|."""
    tolerance = 12 * EPSILON[str(matrix.dtype)]
    wide = matrix.astype(np.longdouble)
    turned, identity = wide.swapaxes(-1, -2), np.eye(matrix.shape[-1])
    for name, a, b in [
        ("solution", wide, right),
        ("adjoint", turned, right),
        ("inverse", wide, identity),
        ("inverse_adjoint", turned, identity),
    ]:
        assert found[name].dtype == matrix.dtype
        residual = np.abs(a @ found[name] - b).max((-1, -2), initial=0)
        scale = np.abs(a).sum(-1).max(-1, initial=0) * np.abs(found[name]).sum(-1).max(-1, initial=0)
        assert (residual <= tolerance * scale).all(), name
    lower, upper = np.tril(found["lu"].astype(np.longdouble), -1) + identity, np.triu(found["lu"])
    ordered = np.take_along_axis(wide, found["order"][..., None].astype(int), -2)
    assert (np.abs(ordered - lower @ upper) <= tolerance * (np.abs(lower) @ np.abs(upper))).all()
    assert (np.abs(lower) <= 1).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1, 2, 3, 6, 17])
def test_solutions_are_backward_stable(size: int, dtype: str, converted: Any) -> None:
    signature = [spec(None, size, size, dtype=dtype), spec(None, size, 2, dtype=dtype, name="right")]
    model = converted(
        everything, signature, inputs=lambda batch: [matrices(batch, size, size), np.ones((batch, size, 2))]
    )
    rng = np.random.default_rng(size)
    for matrix in (matrices(30, size, size, seed=1), rng.normal(size=(30, size, size))):
        arrays = matrix.astype(dtype), rng.normal(size=(30, size, 2)).astype(dtype)
        check(model(*arrays), *arrays)


def test_sizes_may_be_dynamic(converted: Any) -> None:
    signature = [spec(None, None, None), spec(None, None, None, name="right")]
    model = converted(everything, signature, inputs=lambda batch: [matrices(batch, 3, 3), np.ones((batch, 3, 1))])
    for batch, size, columns in [(1, 1, 1), (4, 3, 2), (2, 10, 1), (1, 11, 3), (3, 25, 1), (0, 2, 1)]:
        arrays = matrices(batch, size, size), np.random.default_rng(0).normal(size=(batch, size, columns))
        found = model(*arrays)
        assert found["solution"].shape == (batch, size, columns)
        assert found["order"].shape == (batch, size)
        check(found, *arrays)


@pytest.mark.parametrize("batch", [(), (2, 3)])
def test_batches_of_any_rank(batch: tuple[int, ...], converted: Any) -> None:
    signature = [spec(*[None] * len(batch), 4, 4), spec(*[None] * len(batch), 4, 1, name="right")]
    arrays = matrices(*batch, 4, 4), np.ones((*batch, 4, 1))
    model = converted(everything, signature, inputs=lambda _: list(arrays))
    found = model(*arrays)
    assert found["order"].shape == (*batch, 4)
    check(found, *arrays)


@pytest.mark.parametrize("size", [4, 32])
def test_pivots_are_tensorflow_s_where_entries_are_equal(size: int, converted: Any) -> None:
    """Rows of a Hadamard matrix, in any order: most entries tie, and all that is computed is exact."""
    model = converted(
        lambda x: tf.linalg.lu(x, output_idx_type=tf.int64),
        [spec(None, size, size)],
        inputs=lambda batch: [matrices(batch, size, size)],
    )
    rng = np.random.default_rng(0)
    rows = hadamard(size).astype(float) * rng.choice([-1, 1], (50, size, 1))
    matrix = np.stack([row[rng.permutation(size)] for row in rows])
    found, (lu, order) = model(matrix), tf.linalg.lu(matrix)
    assert found["output_1"].dtype == np.int64
    np.testing.assert_array_equal(found["output_1"], order)
    np.testing.assert_array_equal(found["output_0"], lu)


def test_singular_matrices_have_no_finite_inverse(converted: Any) -> None:
    """TensorFlow raises an error here, which ONNX cannot; others of the batch are as ever."""
    model = converted(
        lambda x: {"inverse": tf.linalg.inv(x), "solution": tf.linalg.solve(x, tf.ones_like(x))},
        [spec(None, 3, 3)],
        inputs=lambda batch: [matrices(batch, 3, 3)],
    )
    matrix = np.stack([np.zeros((3, 3)), np.ones((3, 3)), np.eye(3) * 2, np.diag([1.0, 0.0, 1.0])])
    found = model(matrix)
    for value in found.values():
        assert not np.isfinite(value[[0, 1, 3]]).all((-1, -2)).any()
    np.testing.assert_array_equal(found["inverse"][2], np.eye(3) / 2)


def test_the_exponential_of_a_matrix(converted: Any) -> None:
    """TensorFlow composes it of products and systems."""
    model = converted(tf.linalg.expm, [spec(None, 3, 3)])
    rng = np.random.default_rng(0)
    skew = rng.normal(size=(10, 3, 3))
    skew = skew - skew.swapaxes(-1, -2)
    rotation = model(skew)["output"]
    np.testing.assert_allclose(rotation @ rotation.swapaxes(-1, -2), np.tile(np.eye(3), (10, 1, 1)), atol=1e-13)
    diagonal = rng.normal(size=(10, 3))
    found = model(np.eye(3) * diagonal[:, None])["output"]
    np.testing.assert_allclose(found, np.eye(3) * np.exp(diagonal)[:, None], rtol=1e-13, atol=1e-15)
