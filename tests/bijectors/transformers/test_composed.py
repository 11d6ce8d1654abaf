"""Transformers one after another, against doing it by hand and autodiff."""

import numpy as np
import pytest
import tensorflow as tf

from tfgen.bijectors import Affine, Composed, RationalQuadraticSpline

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("entries", [1, 3])
def test_it_is_one_after_the_other(entries: int) -> None:
    affine, spline = Affine(), RationalQuadraticSpline(bins=5)
    both = Composed([affine, spline])
    assert both.size == 2 + 14
    z, raw = tf.constant(RNG.normal(size=(7, entries))), RNG.normal(size=(7, 16 * entries))
    middle, first = spline.forward(z, tf.constant(raw[:, 2 * entries :]))
    expected, second = affine.forward(middle, tf.constant(raw[:, : 2 * entries]))
    with tf.GradientTape() as tape:
        tape.watch(z)
        x, log_slope = both.forward(z, tf.constant(raw))
        total = tf.reduce_sum(x)
    np.testing.assert_allclose(x, expected, rtol=1e-12)
    np.testing.assert_allclose(log_slope, first + second, rtol=1e-12)
    np.testing.assert_allclose(log_slope, np.log(tape.gradient(total, z)), atol=1e-9)
    back, back_log_slope = both.inverse(x, tf.constant(raw))
    np.testing.assert_allclose(back, z, atol=1e-9)
    np.testing.assert_allclose(back_log_slope, -log_slope, atol=1e-9)


def test_zeros_make_the_identity() -> None:
    both = Composed([Affine(), RationalQuadraticSpline(bins=4)])
    z = tf.constant(RNG.normal(size=(5, 2)))
    x, log_slope = both.forward(z, tf.zeros([5, both.size * 2], tf.float64))
    np.testing.assert_allclose(x, z, atol=1e-14)
    np.testing.assert_allclose(log_slope, 0, atol=1e-14)


def test_there_must_be_one() -> None:
    with pytest.raises(ValueError, match="`transformers` must hold at least one"):
        Composed([])
