"""Likelihoods by name: which layer each is, and what a VAE makes of it, against SciPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats
from tensorflow_probability import distributions as tfd

import tfgen
from tfgen.layers.distributions import (
    IndependentBernoulli,
    IndependentCategorical,
    IndependentDiscretisedLogistic,
    IndependentNormal,
)
from tfgen.models.likelihoods import LIKELIHOODS, make_likelihood
from tfgen.noise import Noise, seed_rows

SIZE, LEVELS, ROWS = 3, 5, 7
KINDS = {
    "bernoulli": IndependentBernoulli,
    "gaussian": IndependentNormal,
    "discretised_logistic": IndependentDiscretisedLogistic,
    "categorical": IndependentCategorical,
}


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_a_name_is_a_layer(name):
    layer = make_likelihood(name, event_shape=(2, 2), levels=LEVELS, dtype="float64", name="mine")
    assert type(layer) is KINDS[name]
    assert (layer.event_shape, layer.density_dtype, layer.name) == ((2, 2), "float64", "mine")
    expected = {"bernoulli": 2, "gaussian": None, "discretised_logistic": LEVELS, "categorical": LEVELS}[name]
    assert layer.support.levels == expected


def test_every_name_is_tried():
    assert set(LIKELIHOODS) == set(KINDS)


@pytest.mark.parametrize("name", ["poisson", "Bernoulli", "", None, 3])
def test_another_name_is_refused(name):
    with pytest.raises(ValueError, match=r"`likelihood` must be one of .*'bernoulli'.*Received: likelihood="):
        make_likelihood(name, event_shape=(2,), levels=LEVELS)


def _positive(values, minimum):
    return np.logaddexp(0, values + np.log(np.e - 1)) + minimum


def _bernoulli(raw, layer, x):
    return stats.bernoulli.logpmf(x, special.expit(raw))


def _gaussian(raw, layer, x):
    return stats.norm.logpdf(x, raw, _positive(layer.shared_scale.numpy(), layer.min_scale))


def _discretised_logistic(raw, layer, x):
    location, scale = np.split(raw, 2, axis=1)
    half = (LEVELS - 1) / 2
    logistic = stats.logistic(half + half * location, half / 2 * _positive(scale, 0) + layer.min_scale)
    above = np.where(x == LEVELS - 1, 1.0, logistic.cdf(x + 0.5))
    below = np.where(x == 0, 0.0, logistic.cdf(x - 0.5))
    return np.log(above - below)


def _categorical(raw, layer, x):
    table = special.log_softmax(raw.reshape(len(x), SIZE, LEVELS), axis=-1)
    return np.take_along_axis(table, x.astype(int)[..., None], axis=-1)[..., 0]


def _centred(x):
    return (x - (LEVELS - 1) / 2) / ((LEVELS - 1) / 2)


def _one_hot(x):
    return np.eye(LEVELS)[x.astype(int)].reshape(len(x), -1)


ORACLES = {
    "bernoulli": (_bernoulli, np.asarray),
    "gaussian": (_gaussian, np.asarray),
    "discretised_logistic": (_discretised_logistic, _centred),
    "categorical": (_categorical, _one_hot),
}


def _dense(layer, features):
    kernel, bias = (weight.numpy() for weight in layer.weights)
    return features @ kernel + bias


@pytest.fixture(params=LIKELIHOODS)
def case(request):
    vae = tfgen.VAE(
        event_shape=(SIZE,),
        latent_dim=2,
        likelihood=request.param,
        levels=LEVELS,
        hidden=(4,),
        activation="tanh",
        dtype="float64",
    )
    rng = np.random.default_rng(0)
    vae.set_weights([value + 0.5 * rng.normal(size=value.shape) for value in vae.get_weights()])
    levels = vae.inputs_spec.support.levels
    x = rng.normal(size=(ROWS, SIZE)) if levels is None else rng.integers(levels, size=(ROWS, SIZE)).astype(float)
    return request.param, vae, x


def _posterior(name, vae, x):
    """q(z | x)'s location and scale, by NumPy."""
    hidden = np.tanh(_dense(vae.encoder.dense[0], ORACLES[name][1](x)))
    location, raw = np.split(_dense(vae.posterior.projection, hidden), 2, axis=1)
    return location, _positive(raw, vae.posterior.min_scale)


def _log_likelihood(name, vae, x, z):
    """log p(x | z), by NumPy and SciPy."""
    raw = _dense(vae.likelihood.projection, np.tanh(_dense(vae.decoder.dense[0], z)))
    return ORACLES[name][0](raw, vae.likelihood, x).sum(axis=1)


def _standard_normals(seed, *, index=0):
    """The latent stream of the rows (seed, i)."""
    noise = Noise(tf.constant(seed_rows(ROWS, seed))).child(0).at(index)
    return noise.normal((2,), tf.float64).numpy()


def test_the_reconstruction_term_is_scipy_s(case):
    name, vae, x = case
    location, scale = _posterior(name, vae, x)
    terms = vae({"x": x}, seeds=tf.constant(seed_rows(ROWS, 4)))
    z = location + scale * _standard_normals(4)
    np.testing.assert_allclose(terms["reconstruction"], -_log_likelihood(name, vae, x, z), rtol=1e-9)


def test_the_kl_term_is_scipy_s(case):
    """Σ_j (μ² + σ² − 1)/2 − ln σ, as Kingma and Welling have it in their appendix B."""
    name, vae, x = case
    location, scale = _posterior(name, vae, x)
    expected = (0.5 * (location**2 + scale**2 - 1) - np.log(scale)).sum(axis=1)
    np.testing.assert_allclose(vae({"x": x})["kl"], expected, rtol=1e-9)


def test_the_bound_is_scipy_s(case):
    """logsumexp of log p(x | z_k) + log p(z_k) − log q(z_k | x) − log K, of the noise of (seed, row) at index k."""
    name, vae, x = case
    num_samples = 24
    location, scale = _posterior(name, vae, x)
    weights = []
    for index in range(num_samples):
        z = location + scale * _standard_normals(5, index=index)
        prior, posterior = stats.norm.logpdf(z).sum(axis=1), stats.norm.logpdf(z, location, scale).sum(axis=1)
        weights.append(_log_likelihood(name, vae, x, z) + prior - posterior)
    expected = special.logsumexp(weights, axis=0) - np.log(num_samples)
    np.testing.assert_allclose(vae.bound(x, num_samples=num_samples, seed=5), expected, rtol=1e-9)


def test_decode_is_the_mean(case):
    """By a sum over all levels where they can be counted; class numbers are the most probable ones."""
    name, vae, _ = case
    z = np.random.default_rng(1).normal(size=(ROWS, 2))
    raw = _dense(vae.likelihood.projection, np.tanh(_dense(vae.decoder.dense[0], z)))
    found = vae.decode(z).numpy()
    if name == "gaussian":
        np.testing.assert_allclose(found, raw, rtol=1e-9)
        return
    levels = vae.inputs_spec.support.levels
    each = [ORACLES[name][0](raw, vae.likelihood, np.full((ROWS, SIZE), float(level))) for level in range(levels)]
    table = np.exp(each)  # [levels, rows, entries]
    np.testing.assert_allclose(table.sum(axis=0), 1, rtol=1e-9)
    if name == "categorical":
        np.testing.assert_array_equal(found, table.argmax(axis=0))
        return
    mean = np.tensordot(np.arange(levels), table, axes=1)
    # A level, and of the clipped logistic's mean: half a level each.
    np.testing.assert_allclose(found, mean, atol=1.0 if name == "discretised_logistic" else 1e-9)
    assert name == "bernoulli" or (found == np.rint(found)).all()


@keras.saving.register_keras_serializable(package="tests")
class Skellam(tfgen.layers.DistributionLayer):
    """A family that TFP gives neither a quantile nor a cdf."""

    @property
    def parameter_size(self):
        return 2 * self.event_size

    def make_distribution(self, parameters):
        first, second = (tf.exp(part) for part in tf.split(parameters, 2, axis=-1))
        return tfd.Independent(tfd.Skellam(first, second), 1)


def test_a_likelihood_that_cannot_be_drawn_is_refused_at_construction():
    with pytest.raises(ValueError, match=r"`likelihood` must be one to draw from: .*tfd\.Skellam.* Received: <Skellam"):
        tfgen.VAE(event_shape=(3,), latent_dim=1, likelihood=Skellam(event_shape=(3,)), hidden=(4,))
