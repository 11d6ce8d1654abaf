"""Where scales come from: of normals predicted, shared or given, and how new layers begin."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats  # type: ignore[import-untyped, unused-ignore]

from tfgen import NegativeLogLikelihood, layers


def test_a_given_scale(features: Callable[..., Any]) -> None:
    layer = layers.IndependentNormal(event_shape=(3,), scale=2)
    distribution = layer(features(5, 4))
    assert layer.parameter_size == 3
    assert layer.get_config()["scale"] == 2.0
    np.testing.assert_array_equal(tf.broadcast_to(distribution.stddev(), [5, 3]), np.full((5, 3), 2.0))
    x = features(5, 3)
    expected = stats.norm.logpdf(x, features(5, 4) @ layer.get_weights()[0], 2).sum(1)
    np.testing.assert_allclose(distribution.log_prob(x), expected, rtol=1e-5)


def test_a_shared_scale_is_one_trained_number(features: Callable[..., Any]) -> None:
    layer = layers.IndependentNormal(event_shape=(3,), scale="shared", min_scale=0.01)
    model = keras.Sequential([keras.Input((4,)), layer])
    assert layer.parameter_size == 3
    assert [weight.shape for weight in layer.trainable_weights] == [(), (4, 3), (3,)]
    np.testing.assert_allclose(
        tf.broadcast_to(model(features(2, 4)).stddev(), [2, 3]), np.full((2, 3), 1.01), rtol=1e-6
    )
    x = 0.1 * np.random.default_rng(0).normal(size=(512, 3)).astype(np.float32)
    model.compile(keras.optimizers.Adam(0.1), loss=NegativeLogLikelihood())
    model.fit(0 * features(512, 4), x, epochs=10, verbose=0)
    scale = tf.broadcast_to(model(features(2, 4)).stddev(), [2, 3]).numpy()
    assert np.ptp(scale) == 0
    np.testing.assert_allclose(scale, 0.1, rtol=0.1)


def test_a_shared_scale_is_saved(features: Callable[..., Any], tmp_path: Any) -> None:
    layer = layers.IndependentNormal(event_shape=(2,), scale="shared")
    model = keras.Sequential([keras.Input((4,)), layer])
    layer.shared_scale.assign(0.7)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.layers[-1].get_config() == layer.get_config()
    x = features(3, 2)
    np.testing.assert_array_equal(again(features(3, 4)).log_prob(x), model(features(3, 4)).log_prob(x))


@pytest.mark.parametrize("scale", ["predicted", "shared", 0.3])
def test_scales_keep_the_density_dtype(scale: Any, features: Callable[..., Any]) -> None:
    for policy, dtype in (("mixed_bfloat16", tf.float32), ("float64", tf.float64)):
        layer = layers.IndependentNormal(event_shape=(2,), scale=scale, dtype=policy)
        distribution = layer(features(3, 4))
        assert distribution.log_prob(tf.zeros([3, 2], dtype)).dtype == dtype
        assert {weight.dtype for weight in layer.weights} == {dtype.name}


def test_grey_levels_begin_at_a_quarter_of_the_range() -> None:
    layer = layers.IndependentDiscretisedLogistic(event_shape=(2,), min_scale=0.5)
    member = layer.make_distribution(tf.zeros([1, 4])).distribution
    np.testing.assert_allclose(member.loc, [[127.5, 127.5]])
    np.testing.assert_allclose(member.scale, [[64.25, 64.25]], rtol=1e-6)
    least = layer.make_distribution(tf.constant([[0.0, 1.0, -1e4, -1e4]])).distribution
    np.testing.assert_allclose(least.scale, [[0.5, 0.5]])
    np.testing.assert_allclose(least.loc, [[127.5, 255.0]])


@pytest.mark.parametrize("location", [-3.0, -0.9, 0.003, 0.8, 2.0])
@pytest.mark.parametrize("raw", [-30.0, -3.0, 0.0, 3.0])
def test_the_estimate_of_grey_levels_is_within_half_a_level(location: float, raw: float) -> None:
    layer = layers.IndependentDiscretisedLogistic(event_shape=())
    distribution = layer.make_distribution(tf.constant([[location, raw]]))
    estimate = layer.point_estimate(distribution).numpy()
    assert abs(estimate - distribution.mean().numpy()) < 0.5 + 1e-4
    assert layer.event_estimate(distribution).numpy() == np.round(estimate)
    assert 0 <= estimate <= 255


@pytest.mark.parametrize("kind", [layers.IndependentPoisson, layers.IndependentNegativeBinomial])
def test_means_of_counts_stay_finite(kind: Any) -> None:
    layer = kind(event_shape=())
    mean = layer.make_distribution(tf.fill([1, layer.parameter_size], 1e30)).mean().numpy()
    assert np.isfinite(mean).all()
    if kind is layers.IndependentPoisson:
        np.testing.assert_allclose(mean, np.exp(16.0), rtol=1e-5)
        small = layer.make_distribution(tf.constant([[-3.0], [5.0], [11.0]])).mean()
        np.testing.assert_allclose(small, np.exp([-3, 5, 11]), rtol=0.01)
