"""Intervals: formulas in double precision, and single precision up to the last number before an end."""

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from numpy.typing import NDArray

from tfgen.bijectors import IntervalBijector

tfb = tfp.bijectors

ENDS: list[tuple[float | None, float | None]] = [
    (0.0, 1.0),
    (-3.0, 1e6),
    (float(np.float32(0.1)), float(np.float32(0.7))),
    (0.0, None),
    (5.0, None),
    (None, 0.0),
    (None, -7.25),
]


def oracle(low: float | None, high: float | None) -> Any:
    if low is not None and high is not None:
        return tfb.Sigmoid(low=np.float64(low), high=np.float64(high))
    if low is not None:
        return tfb.Chain([tfb.Shift(np.float64(low)), tfb.Exp()])
    return tfb.Chain([tfb.Shift(np.float64(high)), tfb.Scale(np.float64(-1)), tfb.Exp(), tfb.Scale(np.float64(-1))])


def near_the_ends(low: float | None, high: float | None) -> NDArray[np.float32]:
    """Single-precision numbers at all distances from both ends, the nearest ones too; [rows, 1]."""
    distances = np.concatenate([[0.0], 10.0 ** np.arange(-37, 6)])
    found = [np.float32(end + sign * distances) for end, sign in ((low, 1), (high, -1)) if end is not None]
    found += [np.nextafter(np.float32(end), np.float32(sign * 1e9)) for end, sign in ((low, 1), (high, -1)) if end]
    x = np.unique(np.concatenate([np.ravel(part) for part in found])).astype(np.float64)
    tiny = np.finfo(np.float32).tiny
    inside = (x - (-math.inf if low is None else low) >= tiny) & ((math.inf if high is None else high) - x >= tiny)
    return np.float32(x[inside])[:, None]


@pytest.mark.parametrize(("low", "high"), ENDS)
@pytest.mark.parametrize(("leading", "event"), [((), (3,)), ((6,), (3,)), ((2, 6), (2, 4, 3))])
def test_tfps_own_in_double_precision(
    low: float | None, high: float | None, leading: tuple[int, ...], event: tuple[int, ...]
) -> None:
    z = tf.constant(3 * np.random.default_rng(0).normal(size=(*leading, *event)))
    bijector = IntervalBijector(low=low, high=high, event_ndims=len(event), dtype="float64")
    x, log_det = bijector.forward_and_log_det(z)
    theirs = oracle(low, high)
    np.testing.assert_allclose(x, theirs.forward(z), rtol=1e-12)
    np.testing.assert_allclose(log_det, theirs.forward_log_det_jacobian(z, len(event)), rtol=1e-10, atol=1e-12)
    back, back_log_det = bijector.inverse_and_log_det(x)
    np.testing.assert_allclose(back, z, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(back_log_det, -log_det, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(("low", "high"), ENDS)
def test_single_precision_keeps_all_digits_up_to_the_ends(low: float | None, high: float | None) -> None:
    """z, its log-slope and their gradients against the formulas in double precision."""
    x = near_the_ends(low, high)
    value = tf.constant(x)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(value)
        z, log_det = IntervalBijector(low=low, high=high).inverse_and_log_det(value)
    wide = x.astype(np.float64)
    above = np.ones_like(wide) if low is None else wide - low
    below = np.ones_like(wide) if high is None else high - wide
    width = high - low if low is not None and high is not None else 1.0
    np.testing.assert_allclose(z, np.log(above) - np.log(below), rtol=4e-7, atol=4e-7)
    np.testing.assert_allclose(log_det, (np.log(width) - np.log(above) - np.log(below))[:, 0], rtol=4e-7, atol=4e-7)
    np.testing.assert_allclose(tape.gradient(z, value), width / (above * below), rtol=1e-5)
    slope = (0 if high is None else 1 / below) - (0 if low is None else 1 / above)
    np.testing.assert_allclose(tape.gradient(log_det, value), slope, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("low", "high"), ENDS)
def test_nothing_leaves_the_interval(low: float | None, high: float | None, dtype: str) -> None:
    z = np.concatenate([np.linspace(-900, 900, 3001), [-1e30, 1e30, 0.0]])[:, None].astype(dtype)
    bijector = IntervalBijector(low=low, high=high, dtype=dtype)
    value = tf.constant(z)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(value)
        x, log_det = bijector.forward_and_log_det(value)
    for tensor in (x, log_det, tape.gradient(x, value), tape.gradient(log_det, value)):
        assert np.isfinite(tensor).all()
    if low is not None:
        assert (x.numpy() > low).all()
    if high is not None:
        assert (x.numpy() < high).all()
    assert (np.diff(x.numpy()[:-3, 0]) >= 0).all()
    again, back = bijector.inverse_and_log_det(x)
    assert np.isfinite(again).all()
    assert np.isfinite(back).all()


@pytest.mark.parametrize(("low", "high"), ENDS)
def test_gradients_of_samples(low: float | None, high: float | None) -> None:
    """∂x/∂z = e^(log slope), at nought too, where the two ends' formulas meet."""
    value = tf.constant([[-6.0], [-0.5], [0.0], [0.5], [6.0]], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(value)
        x, log_det = IntervalBijector(low=low, high=high, dtype="float64").forward_and_log_det(value)
    np.testing.assert_allclose(tape.gradient(x, value)[:, 0], np.exp(log_det), rtol=1e-10)


@pytest.mark.parametrize(
    ("low", "high"),
    [(None, None), (1.0, 1.0), (2.0, 1.0), (1.0, 1.00000001), (0.0, 1e-38), (-3e38, 3e38), (3.5e38, None)],
)
def test_ends_with_nothing_between_them_are_refused(low: float | None, high: float | None) -> None:
    with np.errstate(over="ignore"), pytest.raises(ValueError, match=r"`low` and `high` must be .*Received: low="):
        IntervalBijector(low=low, high=high)
