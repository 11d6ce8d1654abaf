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
