"""Constructor errors, configurations, and the recipe for a family of one's own."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import stats  # type: ignore[import-untyped, unused-ignore]

from tfgen import layers

tfd = tfp.distributions


@pytest.mark.parametrize("shape", [3, (0,), (2, -1), (2, None), (2.5,), ("2",), "ab", None, (True, 2, 0)])
@pytest.mark.parametrize("kind", [layers.IndependentNormal, layers.IndependentBernoulli])
def test_a_bad_event_shape_is_named(kind: Any, shape: Any) -> None:
    with pytest.raises(ValueError, match=r"`event_shape` must be a tuple of positive integers. Received: event_shape="):
        kind(event_shape=shape)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: layers.IndependentCategorical(classes=1),
            "`classes` must be an integer of at least 2. Received: classes=1",
        ),
        (
            lambda: layers.MixtureNormal(event_shape=(2,), components=0),
            "`components` must be an integer of at least 1. Received: components=0",
        ),
        (
            lambda: layers.MixtureNormal(event_shape=(2,), components=2, covariance="half"),
            r"`covariance` must be one of .* Received: covariance='half'",
        ),
        (
            lambda: layers.MixtureNormal(event_shape=(2, 2), components=2, covariance="full"),
            r"`event_shape` must have rank 1 .* Received: event_shape=\(2, 2\)",
        ),
        (
            lambda: layers.MixtureNormal(event_shape=(), components=2, covariance="full"),
            r"`event_shape` must have rank 1 .* Received: event_shape=\(\)",
        ),
        (
            lambda: layers.MultivariateNormalTriL(event_shape=(2, 2)),
            r"`event_shape` must have rank 1. Received: event_shape=\(2, 2\)",
        ),
        (
            lambda: layers.MultivariateNormalTriL(event_shape=(2,), min_scale=-1.0),
            "`min_scale` must be at least 0. Received: min_scale=-1.0",
        ),
        (
            lambda: layers.IndependentLogistic(event_shape=(2,), components=0),
            "`components` must be an integer of at least 1. Received: components=0",
        ),
        (
            lambda: layers.IndependentDiscretisedLogistic(event_shape=(2,), levels=1),
            "`levels` must be an integer of at least 2. Received: levels=1",
        ),
        (
            lambda: layers.IndependentDiscretisedLogistic(event_shape=(2,), components=1.5),  # type: ignore[arg-type]
            "`components` must be an integer of at least 1. Received: components=1.5",
        ),
        (
            lambda: layers.IndependentStudentT(event_shape=(2,), min_scale=float("nan")),
            "`min_scale` must be at least 0. Received: min_scale=nan",
        ),
        *(
            (
                lambda scale=scale: layers.IndependentNormal(event_shape=(2,), scale=scale),
                "`scale` must be 'predicted', 'shared' or a positive number. Received: scale=",
            )
            for scale in (0.0, -1, "half", True, None)
        ),
    ],
)
def test_errors_name_the_argument(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_arguments_are_keywords() -> None:
    with pytest.raises(TypeError, match="positional"):
        layers.IndependentNormal((2,))  # type: ignore[call-arg]


def test_configuration_round_trip(case: Any, features: Callable[..., Any]) -> None:
    layer = case.layer(
        name="own",
        dtype="mixed_bfloat16",
        trainable=False,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.3, seed=1),
        bias_initializer=keras.initializers.Constant(0.7),
        kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2),
    )
    config = layer.get_config()
    for name, value in case.arguments.items():
        assert config[name] == value
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(again) is case.kind
    assert again.get_config() == config
    assert (again.name, again.trainable, again.dtype_policy.name) == ("own", False, "mixed_bfloat16")
    assert again.parameter_size == layer.parameter_size
    assert again.event_shape == case.event_shape
    for name, value in case.arguments.items():
        assert getattr(again, name) == value
    again.build((None, 4))
    kernel, bias = again.get_weights()
    assert kernel.std() == pytest.approx(0.3, abs=0.15)
    np.testing.assert_allclose(bias, 0.7)
    np.testing.assert_allclose(again.losses, 0.1 * np.abs(kernel).sum() + 0.2 * (kernel**2).sum(), rtol=1e-5)


def test_the_base_class_is_abstract() -> None:
    with pytest.raises(TypeError, match="abstract"):
        layers.DistributionLayer(event_shape=(2,))


def test_a_family_of_ones_own(features: Callable[..., Any]) -> None:
    class LaplaceLayer(layers.DistributionLayer):
        @property
        def parameter_size(self) -> int:
            return self.event_size

        def make_distribution(self, parameters: tf.Tensor) -> Any:
            return tfd.Independent(tfd.Laplace(parameters, tf.ones_like(parameters)), 1)

    layer = LaplaceLayer(event_shape=(2,))
    model = keras.Sequential([keras.Input((4,)), layer])
    inputs = features(3, 4)
    location = inputs @ layer.get_weights()[0]
    np.testing.assert_allclose(model.predict(inputs, verbose=0), location, rtol=1e-5, atol=1e-6)
    expected = stats.laplace.logpdf(1.0, location).sum(1)
    np.testing.assert_allclose(model(inputs).log_prob(tf.ones([3, 2])), expected, rtol=1e-5)
