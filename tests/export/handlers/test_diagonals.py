"""Diagonals and bands against NumPy."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

DTYPES = ("float32", "float64", "int32")


def matrices(rows: int, columns: int, dtype: str) -> np.ndarray:
    return (np.random.default_rng(0).normal(size=(4, rows, columns)) * 9).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_matrix_of_its_diagonal(dtype: str, converted: Any) -> None:
    model = converted(tf.linalg.diag, [tf.TensorSpec([None, None], dtype, name="x")])
    for size in (1, 3, 6):
        x = matrices(4, size, dtype)[0]
        np.testing.assert_array_equal(model(x)["output"], np.stack([np.diag(row) for row in x]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_diagonals_are_taken_and_replaced(dtype: str, converted: Any) -> None:
    matrix, diagonal = tf.TensorSpec([None, None, None], dtype, name="x"), tf.TensorSpec([None, None], dtype, name="d")
    part = converted(tf.linalg.diag_part, [matrix])
    replaced = converted(tf.linalg.set_diag, [matrix, diagonal])
    for rows, columns in ((3, 3), (2, 5), (5, 2), (1, 1)):
        x, size = matrices(rows, columns, dtype), min(rows, columns)
        np.testing.assert_array_equal(part(x)["output"], np.diagonal(x, axis1=-2, axis2=-1))
        expected, d = x.copy(), np.arange(4 * size).reshape(4, size).astype(dtype)
        expected[:, np.arange(size), np.arange(size)] = d
        np.testing.assert_array_equal(replaced(x, d)["output"], expected)


def test_other_diagonals(converted: Any) -> None:
    spec = [tf.TensorSpec([None, 3], tf.float32, name="x")]
    x = matrices(4, 3, "float32")[0]
    for offset in (1, -1, 2, -3):
        model = converted(lambda x, k=offset: tf.linalg.diag(x, k=k), spec)
        np.testing.assert_array_equal(model(x)["output"], np.stack([np.diag(row, offset) for row in x]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("band", [(0, 0), (-1, 0), (0, -1), (1, 2), (-1, -1), (5, 1)])
def test_bands(band: tuple[int, int], dtype: str, converted: Any) -> None:
    model = converted(
        lambda x: tf.linalg.band_part(x, *band),
        [tf.TensorSpec([None, None, None], dtype, name="x")],
        inputs=lambda batch: [matrices(6, 6, dtype)],
    )
    for rows, columns in ((6, 6), (5, 7), (7, 5)):
        x = matrices(rows, columns, dtype)
        expected = x if band[0] < 0 else np.triu(x, -band[0])
        expected = expected if band[1] < 0 else np.tril(expected, band[1])
        np.testing.assert_array_equal(model(x)["output"], expected)
