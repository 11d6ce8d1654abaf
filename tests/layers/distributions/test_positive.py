import numpy as np
import pytest
import tensorflow as tf

from tfgen.layers.distributions.positive import MIN_SCALE, positive


def test_softplus_shifted_so_that_nought_becomes_one() -> None:
    raw = np.linspace(-30, 30, 61)
    expected = np.log1p((np.e - 1) * np.exp(raw)) + 0.25
    np.testing.assert_allclose(positive(tf.constant(raw), 0.25), expected, rtol=1e-12)
    np.testing.assert_allclose(positive(tf.constant(0.0), MIN_SCALE), 1.001, rtol=1e-6)


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
def test_the_ends(dtype: tf.DType) -> None:
    raw = tf.constant([-1e30, -1e4, 1e4, 1e30], dtype)
    with tf.GradientTape() as tape:
        tape.watch(raw)
        value = positive(raw, MIN_SCALE)
    assert value.dtype == dtype
    np.testing.assert_allclose(value, [1e-3, 1e-3, 1e4, 1e30], rtol=1e-4)
    np.testing.assert_array_equal(tape.gradient(value, raw), [0, 0, 1, 1])
