"""Splines that begin where data have normal entries."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfgen.bijectors import RationalQuadraticSpline
from tfgen.layers import MarginalSpline

RNG = np.random.default_rng(0)
COUNT = 20_000
COLUMNS = {
    "uniform": RNG.uniform(-1.73, 1.73, COUNT),
    "two modes": np.where(RNG.random(COUNT) < 0.4, -1.0, 1.0) + 0.1 * RNG.normal(size=COUNT),
    "heavy tails": np.clip(RNG.standard_t(2, COUNT) / 4, -3.9, 3.9),
    "normal": RNG.normal(size=COUNT),
}
DATA = np.stack(list(COLUMNS.values()), axis=1)


def adapted(**arguments: Any) -> MarginalSpline:
    layer = MarginalSpline(event_shape=(4,), dtype="float64", **arguments)
    assert not layer.is_adapted
    layer.adapt(DATA)
    assert layer.is_adapted
    return layer


@pytest.mark.parametrize("context", [None, np.ones((COUNT, 2))])
def test_every_entry_is_standard_normal(context: Any) -> None:
    layer = adapted(context_shape=None if context is None else (2,))
    bijector = layer() if context is None else layer(tf.constant(context))
    z, _ = bijector.inverse_and_log_det(tf.constant(DATA))
    for name, column in zip(COLUMNS, z.numpy().T, strict=True):
        # A gap between modes lies within one piece, of 1/8 along z: half its mass may be on the wrong side.
        assert stats.kstest(column, "norm").statistic < (0.04 if name == "two modes" else 0.015), name


def test_an_entry_s_density_is_the_data_s() -> None:
    layer = adapted()
    z, log_det = layer().inverse_and_log_det(tf.constant(DATA))
    nats = -(stats.norm.logpdf(z).sum(axis=1) + log_det.numpy()).mean()
    modes = stats.norm.pdf((DATA[:, 1:2] - [-1, 1]) / 0.1) / 0.1 @ [0.4, 0.6]
    tails = stats.t.logpdf(4 * DATA[:, 2], 2) + np.log(4)
    entropy = np.log(3.46) - np.log(modes).mean() - tails.mean() + 1.4189
    assert abs(nats - entropy) < 0.08


def test_it_is_invertible_and_trains(autodiff_jacobian: Any) -> None:
    layer = adapted()
    x = DATA[:50]
    z, log_det = layer().inverse_and_log_det(tf.constant(x))
    np.testing.assert_allclose(layer().forward(z), x, atol=1e-9)
    jacobian = autodiff_jacobian(lambda x: layer().inverse_and_log_det(x)[0], x)
    np.testing.assert_allclose(log_det, np.linalg.slogdet(jacobian)[1], atol=1e-9)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer().inverse_and_log_det(tf.constant(x))[1])
    (weight,) = layer.trainable_weights
    assert np.abs(tape.gradient(loss, weight.value)).max() > 0


def test_rows_count_as_often_as_they_are_told() -> None:
    weighted, plain = MarginalSpline(event_shape=(1,)), MarginalSpline(event_shape=(1,))
    x = np.concatenate([DATA[:500, :1], DATA[:500, 1:2]])
    weighted.adapt(x, sample_weight=np.repeat([1.0, 0.0], 500))
    plain.adapt(x[:500])
    probe = np.linspace(-1.6, 1.6, 20).reshape(-1, 1).astype("f4")
    np.testing.assert_allclose(weighted().inverse(probe), plain().inverse(probe), atol=0.02)


def test_an_entry_that_never_varies_keeps_its_place() -> None:
    layer = MarginalSpline(event_shape=(1,))
    layer.adapt(np.zeros((10, 1)))
    z = layer().inverse(np.array([[-1.0], [0.0], [1.0]], "f4")).numpy()
    assert np.isfinite(z).all()
    assert (np.diff(z[:, 0]) > 0).all()


def test_a_configuration_makes_it_again() -> None:
    layer = MarginalSpline(event_shape=(3,), bins=7, bound=3.0, context_shape=(2,))
    twin = MarginalSpline.from_config(layer.get_config())
    assert twin.get_config() == layer.get_config()


@pytest.mark.parametrize("x", [np.zeros((1, 4)), np.zeros((5, 3)), np.full((5, 4), np.nan)])
def test_bad_data_are_refused(x: np.ndarray) -> None:
    with pytest.raises(ValueError, match="`x` must be at least two finite rows"):
        MarginalSpline(event_shape=(4,)).adapt(x)


def test_given_pieces_come_back() -> None:
    spline = RationalQuadraticSpline(bins=3)
    widths, heights, slopes = np.array([0.2, 0.5, 0.3]), np.array([0.6, 0.1, 0.3]), np.array([0.7, 2.0])
    raw = spline.parameters_of(widths, heights, slopes)
    knots = 8 * np.cumsum([0, *widths])[:, None] - 4
    x, log_slope = spline.forward(tf.constant(knots), tf.constant(raw))
    np.testing.assert_allclose(x[:, 0], 8 * np.cumsum([0, *heights]) - 4, atol=1e-12)
    np.testing.assert_allclose(np.exp(log_slope[1:-1, 0]), slopes, rtol=1e-12)
