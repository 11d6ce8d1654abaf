"""Families of TFP's by name: what is laid out, what is refused, and that the rest agrees with TFP itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tfgen import NegativeLogLikelihood, layers
from tfgen.noise import Noise, draw, seed_rows

tfd = tfp.distributions
EPSILON = np.finfo(np.float32).eps


@pytest.mark.parametrize(
    ("family", "shape", "fixed", "size", "estimate"),
    [
        ("Weibull", (), None, 2, "mean"),
        ("Gamma", (2, 3), {}, 12, "mean"),
        ("Gamma", (3,), {"concentration": [1.0, 2.0, 3.0]}, 3, "mean"),
        ("MultivariateNormalTriL", (3,), {}, 9, "mean"),
        ("MultivariateNormalDiag", (2, 3), {}, 12, "mean"),
        ("Dirichlet", (4,), {}, 4, "mean"),
        ("Cauchy", (2,), {}, 4, "mode"),
        ("LogitNormal", (2,), {}, 4, "median"),
        ("LogitNormal", (), {}, 2, "median"),
        ("Uniform", (2,), {"high": 5.0}, 2, "mean"),
        ("Binomial", (2,), {"total_count": 10.0}, 2, "mean"),
        ("TruncatedNormal", (2,), {"low": 0.0, "high": 1.0}, 4, "mean"),
        ("ZeroInflatedNegativeBinomial", (2,), {}, 6, "mean"),
        ("Geometric", (2,), {}, 2, "mean"),
    ],
)
def test_layouts(family: str, shape: tuple[int, ...], fixed: Any, size: int, estimate: str, features: Any) -> None:
    layer = layers.TFPDistribution(family=family, event_shape=shape, fixed=fixed, bias_initializer="random_normal")
    assert layer.parameter_size == size
    distribution = layer(features(2, 5, 4))
    assert (distribution.batch_shape, distribution.event_shape) == ((2, 5), shape)
    rows = tf.constant(seed_rows(5, 1))
    x = draw(layer(features(5, 4)), Noise(rows))
    assert layer(features(5, 4)).log_prob(x).shape == (5,)
    point = tf.convert_to_tensor(distribution)
    assert (point.shape, point.dtype) == ((2, 5, *shape), tf.float32)
    assert np.isfinite(point).all()
    scalar = distribution.distribution if estimate == "median" and shape else distribution
    expected = scalar.quantile(0.5) if estimate == "median" else getattr(distribution, estimate)()
    np.testing.assert_allclose(point, expected, rtol=1e-6)


def test_parameters_are_tfps_own() -> None:
    layer = layers.TFPDistribution(family="Gamma", event_shape=(2,), fixed={"log_rate": 0.5})
    parameters = tf.constant([[0.3, -2.0], [5.0, -30.0]])
    gamma = layer.make_distribution(parameters).distribution
    np.testing.assert_allclose(gamma.concentration, np.logaddexp(0, parameters) + EPSILON, rtol=1e-5)
    np.testing.assert_allclose(gamma.log_rate, 0.5)


def test_a_vector_family_is_made_of_triangles() -> None:
    layer = layers.TFPDistribution(family="MultivariateNormalTriL", event_shape=(2, 3))
    assert layer.parameter_size == 2 * (3 + 6)
    parameters = np.random.default_rng(0).normal(size=(4, 18)).astype(np.float32)
    distribution = layer.make_distribution(tf.constant(parameters))
    inner = tfd.MultivariateNormalTriL(
        parameters[:, :6].reshape(4, 2, 3),
        tfp.bijectors.FillScaleTriL(diag_shift=EPSILON)(parameters[:, 6:].reshape(4, 2, 6)),
    )
    x = np.random.default_rng(1).normal(size=(4, 2, 3)).astype(np.float32)
    np.testing.assert_allclose(distribution.log_prob(x), tf.reduce_sum(inner.log_prob(x), -1), rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"family": "Weibul"}, r"`family` must be .* such as 'Weibull'.* Received: family='Weibul'"),
        ({"family": "xyzzy"}, r"`family` must be the name of a class of tfp.distributions. Received: family='xyzzy'"),
        ({"family": tfd.Normal}, r"`family` must be the name of a class"),
        ({"family": "Distribution"}, r"`family` must be the name of a class"),
        ({"family": "JointDistributionNamed"}, r"`family` must be one whose parameters TFP describes"),
        (
            {"family": "Uniform"},
            r"tfd.Uniform's 'high' does not: give it a value in `fixed`. Received: family='Uniform'",
        ),
        ({"family": "VonMisesFisher"}, r"tfd.VonMisesFisher's 'mean_direction' does not"),
        (
            {"family": "Skellam"},
            r"`family` must have .* draws .*cannot sample tfd.Skellam from noise.* family='Skellam'",
        ),
        ({"family": "PlackettLuce"}, r"cannot sample tfd.PlackettLuce from noise"),
        ({"family": "MultivariateNormalTriL", "event_shape": ()}, r"`family` must be .* Received: family='Mult"),
        (
            {"family": "StudentT", "fixed": {"freedom": 3.0}},
            r"`fixed` must name parameters of tfd.StudentT: df, loc, scale",
        ),
        ({"family": "Poisson", "fixed": {"rate": 3.0}}, r"`family` must have"),
        ({"family": "Normal", "fixed": {"loc": 0.0, "scale": 1.0}}, r"`fixed` must leave a parameter to predict"),
        ({"family": "Normal", "fixed": {"scale": "wide"}}, r"`fixed` must hold numbers"),
        ({"family": "Normal", "fixed": [1.0]}, r"`fixed` must be a dictionary"),
        ({"family": "Normal", "fixed": {"scale": float("nan")}}, r"`family` must give finite densities and draws"),
    ],
)
def test_what_cannot_be_laid_out_or_drawn_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        layers.TFPDistribution(**{"event_shape": (3,), **arguments})


def test_a_layer_may_be_made_inside_a_graph() -> None:
    @tf.function
    def sizes() -> tf.Tensor:
        return tf.constant(layers.TFPDistribution(family="Beta", event_shape=(3,)).parameter_size)

    assert int(sizes()) == 6


def test_saved_and_loaded(features: Callable[..., Any], tmp_path: Path) -> None:
    layer = layers.TFPDistribution(family="Gamma", event_shape=(2,), fixed={"concentration": np.array([2.0, 3.0])})
    model = keras.Sequential([keras.Input((4,)), layer])
    model.compile("adam", loss=NegativeLogLikelihood())
    inputs, x = features(8, 4), np.abs(features(8, 2))
    model.fit(inputs, x, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.layers[-1].fixed == {"concentration": [2.0, 3.0]}
    np.testing.assert_array_equal(again(inputs).log_prob(x), model(inputs).log_prob(x))
