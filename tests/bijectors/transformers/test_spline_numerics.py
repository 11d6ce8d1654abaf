"""What single precision, extreme parameters and gradients make of the spline."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tfgen.bijectors import RationalQuadraticSpline


def parameters(spline: RationalQuadraticSpline, rows: int, entries: int, scale: float = 1.0) -> Any:
    return scale * np.random.default_rng(3).normal(size=(rows, spline.size * entries))


def points(rows: int, entries: int, bound: float = 4.0) -> Any:
    """Most inside, some outside of the box."""
    return np.random.default_rng(4).uniform(-1.3 * bound, 1.3 * bound, size=(rows, entries))


def test_float32_round_trip() -> None:
    spline = RationalQuadraticSpline()
    z = points(20_000, 1).astype(np.float32)
    raw = tf.constant(parameters(spline, 20_000, 1, 0.5).astype(np.float32))
    np.testing.assert_allclose(spline.inverse(spline.forward(tf.constant(z), raw)[0], raw)[0], z, rtol=0, atol=5e-5)


@pytest.mark.parametrize("bins", [2, 8, 16])
@pytest.mark.parametrize("scale", [5.0, 30.0, 1000.0])
def test_float32_at_extreme_parameters(bins: int, scale: float) -> None:
    # Where a spline is almost flat, z cannot be told from x in so many digits; x must come back whatever z is found.
    spline = RationalQuadraticSpline(bins=bins)
    x = points(20_000, 1).astype(np.float32)
    raw = tf.constant(parameters(spline, 20_000, 1, scale).astype(np.float32))
    z, log_slope = spline.inverse(tf.constant(x), raw)
    assert np.isfinite(log_slope).all()
    # A steep bin turns the rounding of z to that of x times the slope.
    again, forward_log_slope = spline.forward(z, raw)
    slope = np.exp(np.maximum(forward_log_slope, 0))
    assert (np.abs(again - x) / slope).max() < 1e-5


@pytest.mark.parametrize("direction", ["forward", "inverse"])
@pytest.mark.parametrize("scale", [0.0, 1.0, 30.0, 1e4])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_are_finite_everywhere(direction: str, scale: float, dtype: str) -> None:
    spline = RationalQuadraticSpline(bins=4)
    edge = np.array([-1e30, -1e4, -4.0, -2.0, 0.0, 0.5, 2.0, 4.0, 1e4, 1e30], dtype)
    near = np.nextafter(np.array([-4, -4, 0, 4, 4], dtype), np.array([-9, 0, 1, 0, 9], dtype))
    value = tf.constant(np.concatenate([edge, near, points(300, 1)[:, 0].astype(dtype)])[:, None])
    raw = tf.constant(parameters(spline, len(value), 1, scale).astype(dtype))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([value, raw])
        out, log_slope = getattr(spline, direction)(value, raw)
    for target in (out, log_slope):
        for gradient in tape.gradient(target, [value, raw]):
            assert np.isfinite(gradient).all()
    by_value = tape.gradient(out, value).numpy()
    assert (by_value > 0).all()
    np.testing.assert_array_equal(by_value[np.abs(value) >= 4], 1)


def test_gradients_by_the_parameters_are_those_of_differences() -> None:
    spline = RationalQuadraticSpline(bins=3)
    raw = parameters(spline, 1, 1)
    for direction in (spline.forward, spline.inverse):
        value = tf.constant(points(30, 1))
        with tf.GradientTape(persistent=True) as tape:
            tables = tf.Variable(np.tile(raw, (30, 1)))
            out, log_slope = direction(value, tables)
        for index, target in ((0, out), (1, log_slope)):
            found = tape.gradient(target, tables).numpy()
            for place in range(spline.size):
                step = 1e-6 * np.eye(spline.size)[place]
                above, below = (direction(value, tf.constant(raw[0] + sign * step))[index].numpy() for sign in (1, -1))
                np.testing.assert_allclose(found[:, place], (above - below)[:, 0] / 2e-6, rtol=0, atol=1e-6)


@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_gradients_of_the_identity_are_one(direction: str) -> None:
    # In the middle of each bin and at the knots too, where the formula's cases meet.
    spline = RationalQuadraticSpline(bins=4)
    value = tf.constant(np.arange(-4.5, 5, 0.5)[:, None])
    with tf.GradientTape() as tape:
        tape.watch(value)
        out, _ = getattr(spline, direction)(value, tf.zeros([len(value), spline.size], tf.float64))
    np.testing.assert_allclose(tape.gradient(out, value), np.ones(value.shape), rtol=0, atol=1e-12)
