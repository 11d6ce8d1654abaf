"""Cross products and diagonals of tensors, against NumPy and TensorFlow."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf


def values(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    rng = np.random.default_rng(len(shape))
    if np.dtype(dtype).kind != "f":
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)
    x = rng.normal(size=shape).astype(dtype)
    for value in (np.nan, np.inf, -np.inf, -0.0):
        x[rng.uniform(size=shape) < 0.1] = value
    return x


def identical(found: np.ndarray, expected: np.ndarray) -> None:
    """The signs of zeros too."""
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == expected.dtype
    some = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found)[some], np.signbit(expected)[some])


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "uint8"])
def test_cross_products_are_tensorflow_s(dtype: str, converted: Any) -> None:
    specs = [tf.TensorSpec([None, 3], dtype, name=name) for name in "xy"]
    model = converted(tf.linalg.cross, specs, inputs=lambda batch: [np.ones((batch, 3))] * 2)
    x, y = values((500, 3), dtype), values((500, 3), dtype)[::-1].copy()
    identical(model(x, y)["output"], tf.linalg.cross(x, y).numpy())
    assert model(x[:0], y[:0])["output"].shape == (0, 3)
    if np.dtype(dtype).kind == "f":
        x, y = np.nan_to_num([x, y], posinf=1, neginf=1)
        np.testing.assert_allclose(model(x, y)["output"], np.cross(x, y), rtol=1e-4)


@pytest.mark.parametrize("shape", [[3], [2, 5, 3], [None, None, 3], [None, 5, None]])
def test_cross_products_of_any_rank(shape: list[int | None], converted: Any) -> None:
    specs = [tf.TensorSpec(shape, tf.float64, name=name) for name in "xy"]
    sizes = [size or 2 for size in shape[:-1]] + [3]
    model = converted(tf.linalg.cross, specs, inputs=lambda _: [np.ones(sizes)] * 2)
    x, y = np.random.default_rng(0).normal(size=(2, *sizes))
    np.testing.assert_allclose(model(x, y)["output"], np.cross(x, y), rtol=1e-12)
    if shape[0] is None:
        assert model(x[:0], y[:0])["output"].shape == (0, *sizes[1:])


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
def test_diagonals_are_tensorflow_s(dtype: str, converted: Any) -> None:
    """Static and dynamic, there and back."""
    choices: list[list[tuple[int, ...]]] = [[(6,), (1,), (0,)], [(2, 3), (1, 1), (0, 2), (2, 0)]]
    for rank, shapes in enumerate(choices, start=1):
        model = converted(
            tf.linalg.tensor_diag,
            [tf.TensorSpec([None] * rank, dtype, name="x")],
            inputs=lambda batch, rank=rank: [np.ones([batch] * rank)],
        )
        back = converted(
            tf.linalg.tensor_diag_part,
            [tf.TensorSpec([None] * (2 * rank), dtype, name="x")],
            inputs=lambda batch, rank=rank: [np.ones([batch] * 2 * rank)],
        )
        for shape in shapes:
            x = values(shape, dtype)
            whole = model(x)["output"]
            if x.size:
                identical(whole, tf.linalg.tensor_diag(x).numpy())
            assert whole.shape == shape * 2
            identical(back(whole)["output"], x)
        full = values(shapes[0] * 2, dtype)
        identical(back(full)["output"], tf.linalg.tensor_diag_part(full).numpy())


def test_ranks_may_be_unknown(converted: Any) -> None:
    def flat(x: tf.Tensor, shape: tf.Tensor) -> list[tf.Tensor]:
        whole = tf.linalg.tensor_diag(tf.reshape(x, shape))
        both = (whole, tf.linalg.tensor_diag_part(whole + 1))
        return [part for value in both for part in (tf.reshape(value, [-1]), tf.shape(value))]

    model = converted(
        flat,
        [tf.TensorSpec([None], tf.float64, name="x"), tf.TensorSpec([None], tf.int32, name="shape")],
        inputs=lambda batch: [np.ones(batch), [batch]],
    )
    for shape in [(4,), (2, 3), (2, 1, 2), (0, 3)]:
        x = np.arange(np.prod(shape), dtype=float)
        for found, expected in zip(model(x, np.array(shape, np.int32)).values(), flat(x, shape), strict=True):
            np.testing.assert_array_equal(found, expected)
