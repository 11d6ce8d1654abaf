"""Determinants, against NumPy's and exact ones."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf


def both(x: tf.Tensor) -> dict[str, tf.Tensor]:
    sign, logarithm = tf.linalg.slogdet(x)
    return {"determinant": tf.linalg.det(x), "sign": sign, "logarithm": logarithm}


def spec(*sizes: int | None, dtype: str = "float64") -> list[tf.TensorSpec]:
    return [tf.TensorSpec(sizes, dtype, name="x")]


def well_conditioned(*shape: int, seed: int = 0) -> np.ndarray:
    """Rotations and reflections, stretched."""
    rng = np.random.default_rng(seed)
    columns = (*shape[:-2], 1, shape[-1])
    return np.linalg.qr(rng.normal(size=shape))[0] * rng.uniform(0.5, 2, columns) * rng.choice([-1, 1], columns)


def check(found: dict[str, np.ndarray], matrix: np.ndarray, rtol: float) -> None:
    sign, logarithm = np.linalg.slogdet(matrix.astype(float))
    np.testing.assert_array_equal(found["sign"], sign)
    np.testing.assert_allclose(found["logarithm"], logarithm, rtol=rtol, atol=rtol)
    np.testing.assert_allclose(found["determinant"], sign * np.exp(logarithm), rtol=rtol)


@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 1e-5), ("float64", 1e-13)])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 17])
def test_determinants_are_numpy_s(size: int, dtype: str, rtol: float, converted: Any) -> None:
    model = converted(
        both, spec(None, size, size, dtype=dtype), inputs=lambda batch: [well_conditioned(batch, size, size)]
    )
    matrix = well_conditioned(200, size, size, seed=1).astype(dtype)
    assert len(np.unique(np.sign(np.linalg.det(matrix.astype(float))))) == 2
    check(model(matrix), matrix, rtol)


def test_determinants_of_whole_numbers_are_exact(converted: Any) -> None:
    """Where no quotient is rounded: permutations of powers of two."""
    model = converted(both, spec(None, 5, 5), inputs=lambda batch: [well_conditioned(batch, 5, 5)])
    rng = np.random.default_rng(0)
    orders = [rng.permutation(5) for _ in range(100)]
    matrix = np.stack([np.diag(2.0 ** rng.integers(-3, 4, 5))[order] for order in orders])
    found = model(matrix)
    np.testing.assert_array_equal(found["determinant"], np.round(np.linalg.det(matrix) * 2**20) / 2**20)
    np.testing.assert_array_equal(found["sign"], np.sign(np.linalg.det(matrix)))


@pytest.mark.parametrize("size", [3, 18])
def test_singular_matrices(size: int, converted: Any) -> None:
    """Determinant 0 with sign 0 and logarithm −∞, as in TensorFlow; NaN of NaN."""
    model = converted(both, spec(None, size, size), inputs=lambda batch: [well_conditioned(batch, size, size)])
    zero, ones, last = np.zeros((size, size)), np.ones((size, size)), np.diag([*[2.0] * (size - 1), 0.0])
    unknown = well_conditioned(1, size, size)[0]
    unknown[1, 1] = np.nan
    found = model(np.stack([zero, ones, last, unknown]))
    np.testing.assert_array_equal(found["determinant"], [0, 0, 0, np.nan])
    np.testing.assert_array_equal(found["sign"], [0, 0, 0, np.nan])
    np.testing.assert_array_equal(found["logarithm"], [-np.inf, -np.inf, -np.inf, np.nan])


def test_sizes_may_be_dynamic(converted: Any) -> None:
    model = converted(both, spec(None, None, None), inputs=lambda batch: [well_conditioned(batch, 4, 4)])
    for batch, size in [(1, 1), (3, 2), (2, 10), (5, 11), (1, 33), (0, 3)]:
        matrix = well_conditioned(batch, size, size)
        check(model(matrix), matrix, 1e-12)


def test_batches_of_any_rank(converted: Any) -> None:
    for batch in [(), (2, 3)]:
        matrix = well_conditioned(*batch, 3, 3)
        model = converted(both, spec(*[None] * len(batch), 3, 3), inputs=lambda _, matrix=matrix: [matrix])
        found = model(matrix)
        assert found["sign"].shape == batch
        check(found, matrix, 1e-13)
