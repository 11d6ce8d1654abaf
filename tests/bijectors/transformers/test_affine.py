"""Shifts and scales against their formulas in NumPy, and their slopes by autodiff."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tfgen.bijectors import Additive, Affine, Transformer


def points(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("bound", [0.5, 3.0])
def test_affine_in_numpy(bound: float) -> None:
    z, parameters = points(7, 3), 2 * points(7, 6, seed=1)
    shift, raw = parameters[:, :3], parameters[:, 3:]
    log_scale = bound * np.tanh(raw / bound)
    x, log_slope = Affine(max_log_scale=bound).forward(tf.constant(z), tf.constant(parameters))
    np.testing.assert_allclose(x, z * np.exp(log_scale) + shift, rtol=0, atol=1e-12)
    np.testing.assert_allclose(log_slope, log_scale, rtol=0, atol=1e-12)
    back, back_log_slope = Affine(max_log_scale=bound).inverse(x, tf.constant(parameters))
    np.testing.assert_allclose(back, z, rtol=0, atol=1e-12)
    np.testing.assert_allclose(back_log_slope, -log_scale, rtol=0, atol=1e-12)


def test_additive_in_numpy() -> None:
    z, shift = points(7, 3), points(7, 3, seed=1)
    x, log_slope = Additive().forward(tf.constant(z), tf.constant(shift))
    np.testing.assert_array_equal(x, z + shift)
    np.testing.assert_array_equal(log_slope, np.zeros((7, 3)))
    back, back_log_slope = Additive().inverse(x, tf.constant(shift))
    np.testing.assert_allclose(back, z, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(back_log_slope, np.zeros((7, 3)))


@pytest.mark.parametrize("transformer", [Affine(), Affine(max_log_scale=0.1), Additive()])
@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_the_slope_is_autodiffs(transformer: Transformer, direction: str) -> None:
    value, parameters = tf.constant(points(5, 2)), tf.constant(points(5, 2 * transformer.size, seed=1))
    with tf.GradientTape() as tape:
        tape.watch(value)
        out, log_slope = getattr(transformer, direction)(value, parameters)
    np.testing.assert_allclose(np.exp(log_slope), tape.gradient(out, value), rtol=1e-12)


@pytest.mark.parametrize("transformer", [Affine(), Additive()])
@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_parameters_of_nought_are_the_identity(transformer: Transformer, direction: str) -> None:
    value = points(5, 2)
    out, log_slope = getattr(transformer, direction)(tf.constant(value), tf.zeros([5, 2 * transformer.size], "float64"))
    np.testing.assert_array_equal(out, value)
    np.testing.assert_array_equal(log_slope, np.zeros((5, 2)))


def test_one_row_of_parameters_serves_all_rows() -> None:
    z, parameters = points(5, 2), points(4, seed=1)
    x = Affine().forward(tf.constant(z), tf.constant(parameters))[0]
    each = Affine().forward(tf.constant(z), tf.constant(np.tile(parameters, (5, 1))))[0]
    np.testing.assert_allclose(x, each, rtol=0, atol=1e-14)


@pytest.mark.parametrize("raw", [-1e30, -50.0, 50.0, 1e30])
def test_no_raw_scale_overflows(raw: float) -> None:
    z = tf.constant([[1.5, -2.5]])
    parameters = tf.constant([[0.25, -0.25, raw, raw]])
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        x, log_slope = Affine().forward(z, parameters)
        total = tf.reduce_sum(x) + tf.reduce_sum(log_slope)
    np.testing.assert_allclose(log_slope, np.full((1, 2), 3.0 * np.sign(raw)), rtol=1e-6)
    np.testing.assert_allclose(Affine().inverse(x, parameters)[0], z, rtol=1e-5)
    assert np.isfinite(tape.gradient(total, parameters)).all()


@pytest.mark.parametrize("bound", [0.0, -1.0, float("nan"), float("inf")])
def test_a_bad_bound_is_named(bound: float) -> None:
    with pytest.raises(ValueError, match=r"`max_log_scale` must be positive and finite. Received: max_log_scale="):
        Affine(max_log_scale=bound)


def test_the_base_class_is_abstract() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Transformer()  # type: ignore[abstract]
