"""Bits against NumPy's views."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tfgen_export import ConversionError, convert

KINDS = ("int32", "uint32", "int64", "uint64")


@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("source", KINDS)
def test_integers_of_another_sign_or_width(source: str, target: str, converted: Any) -> None:
    halves = np.dtype(source).itemsize < np.dtype(target).itemsize
    shape = [None, 2] if halves else [None]
    limits = np.iinfo(source)
    rng = np.random.default_rng(0)

    def inputs(batch: int) -> list[np.ndarray]:
        sizes = [batch if size is None else size for size in shape]
        return [rng.integers(limits.min, limits.max, sizes, source, endpoint=True)]

    model = converted(lambda x: tf.bitcast(x, target), [tf.TensorSpec(shape, source, name="x")], inputs=inputs)
    x = inputs(1000)[0]
    x.flat[:4] = limits.min, limits.max, 1, limits.max // 2
    expected = x.view(target)
    expected = expected[:, 0] if halves else expected.reshape(1000, -1)
    np.testing.assert_array_equal(model(x)["output"].reshape(expected.shape), expected)


def test_the_bits_of_floating_point_numbers_are_refused() -> None:
    with pytest.raises(ConversionError, match=r"needs integers of 32 or 64 bits\. Received: float32 to int32"):
        convert(lambda x: tf.bitcast(x, tf.int32), [tf.TensorSpec([None], tf.float32, name="x")])


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", *KINDS])
def test_shifts_are_numpy_s(dtype: str, converted: Any) -> None:
    """By every number of steps below the type's width, of extreme numbers too."""
    info = np.iinfo(dtype)
    some = np.random.default_rng(0).integers(info.min, info.max, 300, dtype=dtype, endpoint=True)
    edges = np.array([info.min, info.max, info.max // 2, 0, 1], dtype)
    x, steps = (part.ravel() for part in np.meshgrid([*some, *edges], np.arange(info.bits, dtype=dtype)))
    model = converted(
        lambda x, y: (tf.bitwise.left_shift(x, y), tf.bitwise.right_shift(x, y)),
        [tf.TensorSpec([None], dtype, name=name) for name in ("x", "y")],
        inputs=lambda batch: [np.ones(batch, dtype)] * 2,
    )
    left, right = model(x, steps).values()
    assert left.dtype == right.dtype == dtype
    np.testing.assert_array_equal(left, np.left_shift(x, steps))
    np.testing.assert_array_equal(right, np.right_shift(x, steps))
    np.testing.assert_array_equal(right, [int(a) >> int(b) for a, b in zip(x, steps, strict=True)])


def test_shifts_broadcast(converted: Any) -> None:
    model = converted(
        tf.bitwise.right_shift,
        [tf.TensorSpec([None, 1], tf.int32, name="x"), tf.TensorSpec([None], tf.int32, name="y")],
        inputs=lambda batch: [np.ones((batch, 1)), np.ones(batch)],
    )
    x, steps = np.array([[-5], [7]], np.int32), np.arange(3, dtype=np.int32)
    np.testing.assert_array_equal(model(x, steps)["output"], x >> steps)
    assert model(x[:0], steps)["output"].shape == (0, 3)
