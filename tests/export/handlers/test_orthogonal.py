"""The QR factorisation: backward stability, orthogonality, and TensorFlow's signs."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf


def matrices(*shape: int, dtype: str = "float64", seed: int = 0) -> np.ndarray:
    """Some of them special: zero, diagonal, triangular, of rank one, of columns and rows of many sizes."""
    x = np.random.default_rng(seed).normal(size=shape)
    if len(shape) == 3 and shape[0] > 7 and 0 not in shape:
        x[0] = 0
        x[1] = np.eye(*shape[1:]) * -2
        x[2] = np.triu(x[2])
        x[3] = np.outer(x[3][:, 0], x[3][0])
        x[4] *= np.geomspace(1, 1e-6, shape[2])
        x[5] *= np.geomspace(1, 1e-6, shape[1])[:, None]
    return x.astype(dtype)


def verify(found: dict[str, np.ndarray], x: np.ndarray, *, full: bool) -> None:
    q, r = found.values()
    rows, columns = x.shape[-2:]
    inner = rows if full else min(rows, columns)
    assert q.shape == (*x.shape[:-1], inner)
    assert r.shape == (*x.shape[:-2], inner, columns)
    assert q.dtype == r.dtype == x.dtype
    assert not np.tril(r, -1).any()
    epsilon = float(np.finfo(x.dtype).eps)
    q, r = q.astype(np.longdouble), r.astype(np.longdouble)
    norm = np.sqrt((x.astype(np.longdouble) ** 2).sum(axis=(-2, -1), keepdims=True))
    assert (np.abs(q @ r - x) <= 8 * epsilon * norm).all()
    assert (np.abs(q.swapaxes(-1, -2) @ q - np.eye(inner)) < 16 * epsilon).all()


def function(*, full: bool) -> Any:
    return lambda x: tuple(tf.linalg.qr(x, full_matrices=full))


def model_of(converted: Any, sizes: list[int | None], dtype: str, *, full: bool) -> Any:
    return converted(
        function(full=full),
        [tf.TensorSpec([None, *sizes], dtype, name="x")],
        inputs=lambda batch: [matrices(batch, *(size or 4 for size in sizes), dtype=dtype, seed=batch)],
    )


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("sizes", [(1, 1), (3, 3), (5, 3), (3, 5), (4, 1), (1, 4), (12, 11)])
def test_factors_are_backward_stable(sizes: tuple[int, int], full: bool, converted: Any) -> None:
    for dtype in ["float32", "float64"] if sizes[0] > 3 else ["float64"]:
        model = model_of(converted, list(sizes), dtype, full=full)
        x = matrices(200, *sizes, dtype=dtype)
        verify(model(x), x, full=full)
        regular = x[6:]
        tolerance = 1e-3 if dtype == "float32" else 1e-10
        for found, expected in zip(model(regular).values(), function(full=full)(regular), strict=True):
            np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("full", [False, True])
def test_sizes_may_be_dynamic(full: bool, converted: Any) -> None:
    model = model_of(converted, [None, None], "float64", full=full)
    for shape in [(3, 1, 1), (8, 1, 3), (8, 3, 1), (8, 6, 6), (8, 9, 4), (8, 4, 9), (2, 40, 30), (0, 3, 2), (0, 1, 1)]:
        x = matrices(*shape)
        verify(model(x), x, full=full)


@pytest.mark.parametrize("batch", [(), (2, 3), (0, 2)])
def test_batches_of_any_rank(batch: tuple[int, ...], converted: Any) -> None:
    filled = tuple(max(size, 1) for size in batch)
    model = converted(
        function(full=False),
        [tf.TensorSpec([*[None] * len(batch), 4, 3], tf.float64, name="x")],
        inputs=lambda _: [matrices(*filled, 4, 3)],
    )
    x = matrices(*batch, 4, 3)
    verify(model(x), x, full=False)


def test_ranks_may_be_unknown(converted: Any) -> None:
    def product(x: tf.Tensor, shape: tf.Tensor) -> list[tf.Tensor]:
        q, r = tf.linalg.qr(tf.reshape(x, shape))
        return [tf.reshape(q @ r, [-1]), tf.shape(q), tf.shape(r)]

    model = converted(
        product,
        [tf.TensorSpec([None], tf.float64, name="x"), tf.TensorSpec([None], tf.int32, name="shape")],
        inputs=lambda batch: [np.arange(4.0 * batch), [batch, 2, 2]],
    )
    for shape in [(3, 3), (4, 5, 2), (2, 1, 2, 5), (0, 2, 2)]:
        x = matrices(*shape)
        found = list(model(x.ravel(), np.array(shape, np.int32)).values())
        np.testing.assert_allclose(found[0], x.ravel(), atol=1e-14)
        assert [tuple(size) for size in found[1:]] == [part.shape for part in np.linalg.qr(x)]


def test_large_batches_are_whole(converted: Any) -> None:
    model = model_of(converted, [9, 9], "float32", full=False)
    for batch in (1, 500, 1501):
        x = matrices(batch, 9, 9, dtype="float32")
        verify(model(x), x, full=False)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_not_finite_is_tensorflow_s(dtype: str, converted: Any) -> None:
    """Entries whose squares are none of the type's too: overflow makes NaN, underflow counts as zero."""
    model = model_of(converted, [3, 3], dtype, full=False)
    plain, info = matrices(3, 3), np.finfo(dtype)
    cases = [np.where(np.eye(3), value, plain) for value in (np.nan, np.inf, -np.inf)]
    cases += [plain * (float(info.max) / 100), plain * (float(info.tiny) * 100), np.diag([-1.0, 0.0, 2.0])]
    for case in cases:
        x = case[None].astype(dtype)
        for found, expected in zip(model(x).values(), function(full=False)(x), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-5)
