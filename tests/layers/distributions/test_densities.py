"""Densities against SciPy's, from the layer's own weights."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tfgen import layers
from tfgen.noise import Noise, draw, seed_rows

tfd = tfp.distributions


@pytest.mark.parametrize("leading", [(5,), (2, 3), (2, 3, 2)])
def test_scipy_agrees(case: Any, features: Callable[..., Any], leading: tuple[int, ...]) -> None:
    layer, inputs, x = case.layer(), features(*leading, 4), case.events(*leading)
    distribution = layer(inputs)
    assert isinstance(distribution, tfd.Distribution)
    assert distribution.batch_shape == leading
    assert distribution.event_shape == case.event_shape
    found = distribution.log_prob(tf.constant(x, distribution.dtype))
    assert found.dtype == tf.float32
    raw = case.raw(layer, inputs)
    assert raw.shape == (*leading, layer.parameter_size)
    np.testing.assert_allclose(found, case.log_prob(raw, x), rtol=1e-4, atol=1e-4)


def test_double_precision(case: Any, features: Callable[..., Any]) -> None:
    layer, inputs, x = case.layer(dtype="float64"), features(5, 4).astype(np.float64), case.events(5)
    distribution = layer(inputs)
    found = distribution.log_prob(tf.constant(x, distribution.dtype))
    assert found.dtype == tf.float64
    assert distribution.dtype == (tf.int32 if case.kind is layers.IndependentCategorical else tf.float64)
    assert {weight.dtype for weight in layer.weights} == {"float64"}
    np.testing.assert_allclose(found, case.log_prob(case.raw(layer, inputs), x), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_keeps_its_hands_off(case: Any, features: Callable[..., Any], policy: str) -> None:
    layer, x = case.layer(dtype=policy), case.events(5)
    half = tf.cast(features(5, 4), keras.DTypePolicy(policy).compute_dtype)
    found = layer(half).log_prob(x.astype(np.float32 if case.continuous else layer(half).dtype.as_numpy_dtype))
    assert found.dtype == tf.float32
    assert {weight.dtype for weight in layer.weights} == {"float32"}
    assert layer.projection.compute_dtype == "float32"
    # Had the projection run in half precision, this were off by 1e-3 at least.
    expected = case.log_prob(case.raw(layer, tf.cast(half, tf.float64).numpy()), x)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    # Nor may features that are float32 lose digits on their way in.
    inputs = features(5, 4)
    expected = case.log_prob(case.raw(layer, inputs), x)
    found = layer(inputs).log_prob(tf.constant(x, layer(inputs).dtype))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_point_estimate(case: Any, features: Callable[..., Any]) -> None:
    layer, inputs = case.layer(), features(2, 3, 4)
    distribution = layer(inputs)
    expected = case.points(case.raw(layer, inputs))
    assert layer.point_shape == expected.shape[2:]
    assert distribution.shape == expected.shape
    # What Keras makes of the distribution where it wants a tensor.
    np.testing.assert_allclose(tf.convert_to_tensor(distribution), expected, rtol=1e-5, atol=1e-5)
    if case.point_is_mean and case.kind is not layers.IndependentCategorical:
        np.testing.assert_allclose(distribution.mean(), expected, rtol=1e-5, atol=1e-5)


def test_what_keras_is_told_is_what_it_gets(case: Any, features: Callable[..., Any]) -> None:
    layer = case.layer()
    symbolic = layer(keras.KerasTensor((None, None, 4)))
    assert symbolic.shape == (None, None, *layer.point_shape)
    assert symbolic.dtype == "float32"
    actual = tf.convert_to_tensor(layer(features(2, 3, 4)))
    assert layer.compute_output_shape((2, 3, 4)) == actual.shape == (2, 3, *layer.point_shape)
    assert case.layer(dtype="float64")(keras.KerasTensor((None, 4))).dtype == "float64"


def test_rows_do_not_mix(case: Any, features: Callable[..., Any]) -> None:
    layer, inputs = case.layer(), features(6, 4)
    distribution = layer(inputs)
    x = tf.constant(case.events(6), distribution.dtype)
    whole = distribution.log_prob(x).numpy()
    np.testing.assert_allclose(layer(inputs[4:]).log_prob(x[4:]), whole[4:], rtol=1e-5, atol=1e-5)


def test_every_weight_learns(case: Any, features: Callable[..., Any]) -> None:
    layer, inputs = case.layer(), features(8, 4)
    layer.build((None, 4))
    assert [tuple(weight.shape) for weight in layer.trainable_weights] == [
        (4, layer.parameter_size),
        (layer.parameter_size,),
    ]
    with tf.GradientTape() as tape:
        distribution = layer(inputs)
        loss = -tf.reduce_mean(distribution.log_prob(tf.constant(case.events(8), distribution.dtype)))
    single = case.arguments.get("components") == 1  # whose one logit cannot matter
    for gradient in tape.gradient(loss, [weight.value for weight in layer.trainable_weights]):
        assert (gradient.numpy() != 0)[..., int(single) :].all()


@pytest.mark.parametrize("size", [0.0, 30.0, 1e4])
def test_extreme_parameters_stay_finite(case: Any, size: float) -> None:
    if not case.bounded:
        return
    layer = case.layer()
    rng = np.random.default_rng(0)
    parameters = tf.constant(size * rng.choice([-1, 1], (50, layer.parameter_size)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        distribution = layer.make_distribution(parameters)
        log_prob = distribution.log_prob(tf.constant(case.events(50), distribution.dtype))
    assert np.isfinite(log_prob).all()
    assert np.isfinite(tape.gradient(log_prob, parameters)).all()


def test_draws_agree_with_the_point_estimate(case: Any, features: Callable[..., Any]) -> None:
    layer = case.layer()
    inputs = np.repeat(features(1, 4), 4_000, axis=0)
    draws = draw(layer(inputs), Noise(tf.constant(seed_rows(4_000, 1)))).numpy()
    assert draws.shape == (4_000, *case.event_shape)
    if case.kind is layers.IndependentCategorical:
        draws = np.eye(layer.classes)[draws]
    expected = case.points(case.raw(layer, inputs[:1]))[0]
    if case.kind is layers.IndependentStudentT:  # which may have no mean, but a median
        draws, expected = np.sign(draws - expected), 0 * expected
    elif not case.point_is_mean:
        expected = layer(inputs[:1]).mean()[0].numpy()
    np.testing.assert_array_less(np.abs(draws.mean(0) - expected), 4.5 * draws.std(0) / np.sqrt(4_000) + 1e-6)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_full_covariances_are_positive_definite(size: int) -> None:
    layer = layers.MixtureNormal(event_shape=(size,), components=2, covariance="full", dtype="float64")
    parameters = 3 * np.random.default_rng(size).normal(size=(20, layer.parameter_size))
    components = layer.make_distribution(tf.constant(parameters)).components_distribution
    covariance = components.covariance().numpy()
    assert covariance.shape == (20, 2, size, size)
    np.testing.assert_allclose(covariance, np.swapaxes(covariance, -1, -2), rtol=1e-12)
    assert (np.linalg.eigvalsh(covariance) > 0).all()
    # All entries below the diagonal are parameters of their own.
    triangle = np.linalg.cholesky(covariance)
    below = triangle[..., *np.tril_indices(size, -1)]
    np.testing.assert_allclose(below.reshape(20, -1), parameters[:, 2 + 4 * size :], rtol=1e-9, atol=1e-9)
    diagonal = np.diagonal(triangle, axis1=-2, axis2=-1)
    assert (diagonal >= layer.min_scale).all()


@pytest.mark.parametrize("minimum", [0.01, 2.0])
@pytest.mark.parametrize(
    ("kind", "arguments", "raw"),
    [
        (layers.IndependentNormal, {}, [0, 0, -1e4, -1e4]),
        (layers.MixtureNormal, {"components": 1}, [0, 0, 0, -1e4, -1e4]),
        (layers.MixtureNormal, {"components": 1, "covariance": "full"}, [0, 0, 0, -1e4, -1e4, 0]),
    ],
)
def test_the_least_scale_bounds_the_density(kind: Any, arguments: Any, raw: list[float], minimum: float) -> None:
    layer = kind(event_shape=(2,), min_scale=minimum, **arguments)
    highest = layer.make_distribution(tf.constant([raw], tf.float32)).log_prob([[0.0, 0.0]])
    np.testing.assert_allclose(highest, [-np.log(2 * np.pi) - 2 * np.log(minimum)], rtol=1e-5)


def test_a_new_layer_begins_at_unit_scale(features: Callable[..., Any]) -> None:
    layer = layers.IndependentNormal(event_shape=(3,), kernel_initializer="zeros")
    np.testing.assert_allclose(layer(features(2, 4)).stddev(), np.full((2, 3), 1.001), rtol=1e-6)
