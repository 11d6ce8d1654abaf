"""The spline against TFP's with the same knots, and its slope by autodiff."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special  # type: ignore[import-untyped, unused-ignore]

from tfgen.bijectors import RationalQuadraticSpline

tfb = tfp.bijectors


def parameters(spline: RationalQuadraticSpline, rows: int, entries: int, scale: float = 1.0) -> Any:
    return scale * np.random.default_rng(3).normal(size=(rows, spline.size * entries))


def points(rows: int, entries: int, bound: float = 4.0) -> Any:
    """Most inside, some outside of the box."""
    return np.random.default_rng(4).uniform(-1.3 * bound, 1.3 * bound, size=(rows, entries))


def oracle(spline: RationalQuadraticSpline, raw: Any, entries: int) -> Any:
    """TFP's, of widths, heights and slopes in NumPy."""
    table = np.moveaxis(raw.reshape(*raw.shape[:-1], spline.size, entries), -2, -1)
    widths, heights, slopes = np.split(table, [spline.bins, 2 * spline.bins], axis=-1)

    def sizes(logits: Any) -> Any:
        return 2 * spline.bound * (0.0005 + (1 - 0.0005 * spline.bins) * special.softmax(logits, axis=-1))

    return tfb.RationalQuadraticSpline(
        bin_widths=sizes(widths),
        bin_heights=sizes(heights),
        knot_slopes=np.exp(spline.max_log_slope * np.tanh(slopes / spline.max_log_slope)),
        range_min=np.float64(-spline.bound),
    )


@settings(deadline=None, database=None, derandomize=True, max_examples=25)
@given(
    bins=st.integers(2, 12),
    bound=st.sampled_from([0.5, 4.0, 30.0]),
    slope=st.sampled_from([1.0, 4.0]),
    scale=st.sampled_from([0.3, 1.0, 4.0]),
    entries=st.integers(1, 3),
)
def test_tfp_agrees(bins: int, bound: float, slope: float, scale: float, entries: int) -> None:
    spline = RationalQuadraticSpline(bins=bins, bound=bound, max_log_slope=slope)
    raw, z = parameters(spline, 40, entries, scale), points(40, entries, bound)
    theirs = oracle(spline, raw, entries)
    x, log_slope = spline.forward(tf.constant(z), tf.constant(raw))
    np.testing.assert_allclose(x, theirs.forward(z), rtol=0, atol=1e-9 * bound)
    np.testing.assert_allclose(log_slope, theirs.forward_log_det_jacobian(z), rtol=0, atol=1e-8)
    back, back_log_slope = spline.inverse(tf.constant(z), tf.constant(raw))
    np.testing.assert_allclose(back, theirs.inverse(z), rtol=0, atol=1e-7 * bound)
    np.testing.assert_allclose(back_log_slope, theirs.inverse_log_det_jacobian(z), rtol=0, atol=1e-6)


@pytest.mark.parametrize("direction", ["forward", "inverse"])
@pytest.mark.parametrize("bins", [2, 8])
def test_parameters_of_nought_are_the_identity(direction: str, bins: int) -> None:
    spline = RationalQuadraticSpline(bins=bins)
    value = np.concatenate([points(200, 2), [[0.0, 4.0], [-4.0, 2.0], [0.5, -1.0]]])
    out, log_slope = getattr(spline, direction)(tf.constant(value), tf.zeros([203, spline.size * 2], "float64"))
    np.testing.assert_allclose(out, value, rtol=0, atol=1e-14)
    np.testing.assert_allclose(log_slope, np.zeros((203, 2)), rtol=0, atol=1e-14)


@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_the_identity_outside_of_the_box(direction: str) -> None:
    spline = RationalQuadraticSpline(bins=4, bound=2.0)
    value = np.array([[-1e30], [-2.5], [-2.0], [2.0], [2.5], [np.inf]])
    out, log_slope = getattr(spline, direction)(tf.constant(value), tf.constant(parameters(spline, 6, 1, 3.0)))
    np.testing.assert_array_equal(out, value)
    np.testing.assert_array_equal(log_slope, np.zeros((6, 1)))


@pytest.mark.parametrize("scale", [1.0, 5.0, 100.0])
def test_monotone_onto_the_box(scale: float) -> None:
    spline = RationalQuadraticSpline(bins=6, bound=2.0)
    for raw in parameters(spline, 10, 1, scale):
        z = tf.constant(np.linspace(-2, 2, 2001)[:, None])
        x, log_slope = spline.forward(z, tf.constant(raw))
        assert (np.diff(x[:, 0]) > 0).all()
        assert np.isfinite(log_slope).all()
        # Just inside of the box the end is met, without a step.
        ends = spline.forward(tf.constant([[-2 + 1e-9], [2 - 1e-9]], tf.float64), tf.constant(raw))[0]
        np.testing.assert_allclose(ends, [[-2], [2]], rtol=0, atol=1e-7)


@pytest.mark.parametrize("direction", ["forward", "inverse"])
@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_the_slope_is_autodiffs(direction: str, scale: float) -> None:
    spline = RationalQuadraticSpline(bins=5)
    value, raw = tf.constant(points(300, 2)), tf.constant(parameters(spline, 300, 2, scale))
    with tf.GradientTape() as tape:
        tape.watch(value)
        out, log_slope = getattr(spline, direction)(value, raw)
    np.testing.assert_allclose(np.exp(log_slope), tape.gradient(out, value), rtol=1e-9)


@pytest.mark.parametrize("scale", [0.5, 3.0])
def test_round_trip(scale: float) -> None:
    spline = RationalQuadraticSpline()
    z, raw = points(500, 3), tf.constant(parameters(spline, 500, 3, scale))
    x, log_slope = spline.forward(tf.constant(z), raw)
    back, back_log_slope = spline.inverse(x, raw)
    np.testing.assert_allclose(back, z, rtol=0, atol=1e-7)
    np.testing.assert_allclose(back_log_slope, -log_slope, rtol=0, atol=1e-8)


@pytest.mark.parametrize("leading", [(), (7,), (3, 7), (2, 3, 7)])
def test_leading_dimensions(leading: tuple[int, ...]) -> None:
    spline = RationalQuadraticSpline(bins=3)
    z = points(2 * 3 * 7, 2)[: int(np.prod(leading))].reshape(*leading, 2)
    raw = parameters(spline, 2 * 3 * 7, 2)[: int(np.prod(leading))].reshape(*leading, -1)
    x, log_slope = tf.function(spline.forward)(tf.constant(z), tf.constant(raw))
    assert x.shape == log_slope.shape == (*leading, 2)
    np.testing.assert_allclose(x, oracle(spline, raw, 2).forward(z), rtol=0, atol=1e-9)


def test_one_row_of_parameters_serves_all_rows() -> None:
    spline = RationalQuadraticSpline(bins=3)
    z, raw = points(9, 2), parameters(spline, 1, 2)
    for direction in (spline.forward, spline.inverse):
        for one, each in zip(
            direction(tf.constant(z), tf.constant(raw[0])),
            direction(tf.constant(z), tf.constant(np.tile(raw, (9, 1)))),
            strict=True,
        ):
            np.testing.assert_allclose(one, each, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bins": 1}, "`bins` must be an integer of at least 2. Received: bins=1"),
        ({"bins": 2.0}, "`bins` must be an integer of at least 2. Received: bins=2.0"),
        ({"bins": True}, "`bins` must be an integer of at least 2. Received: bins=True"),
        ({"bound": 0.0}, "`bound` must be positive and finite. Received: bound=0.0"),
        ({"bound": float("inf")}, "`bound` must be positive and finite. Received: bound=inf"),
        ({"max_log_slope": -1.0}, "`max_log_slope` must be positive and finite. Received: max_log_slope=-1.0"),
    ],
)
def test_errors_name_the_argument(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RationalQuadraticSpline(**arguments)
