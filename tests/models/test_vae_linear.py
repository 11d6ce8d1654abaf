"""A linear VAE is probabilistic PCA: likelihood and posterior are known in closed form."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import tfgen
from tfgen.datasets import ProbabilisticPCA
from tfgen.demo.experiments import warm_adam
from tfgen.judging import paired_gap
from tfgen.noise import Noise

TRUTH = ProbabilisticPCA()
W, VARIANCE = TRUTH.weights, TRUTH.variance
STEPS, BATCH = 4000, 256


def _linear(**arguments):
    return tfgen.VAE(
        event_shape=(10,), latent_dim=3, likelihood="gaussian", hidden=(), activation="linear", **arguments
    )


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(0)  # the fixture of all tests comes after a module's
    vae = _linear()
    vae.compile(warm_adam(STEPS, rate=3e-2), steps_per_execution=50)
    vae.fit(TRUTH.sample(STEPS * BATCH // 4, seed=1)["x"], batch_size=BATCH, epochs=4, verbose=0)
    return vae


@pytest.fixture(scope="module")
def held_out():
    return TRUTH.sample(5000, seed=2)["x"]


def test_training_reaches_the_exact_likelihood(trained, held_out):
    gap = paired_gap(TRUTH.log_prob(held_out), trained.bound(held_out, num_samples=64, seed=0))
    assert gap.standard_error < 0.003
    assert -3 * gap.standard_error < gap.mean < 0.006


def test_so_does_the_elbo(trained, held_out):
    """One draw of z leaves a scatter of more than a nat: the mean of many seeds."""
    elbo = np.mean([trained.bound(held_out, num_samples=1, seed=seed) for seed in range(30)], axis=0)
    gap = paired_gap(TRUTH.log_prob(held_out), elbo)
    assert gap.standard_error < 0.005
    assert -3 * gap.standard_error < gap.mean < 0.015


def test_the_posterior_s_mean_is_the_exact_one(trained, held_out):
    """The latent space is known up to a rotation only: W E[z | x] is known."""
    mean, _ = TRUTH.posterior(held_out)
    np.testing.assert_allclose(trained.reconstruct(held_out), mean @ W.T, atol=0.05)
    np.testing.assert_allclose(trained.decode(trained.encode(held_out)), trained.reconstruct(held_out), atol=1e-5)


def test_the_posterior_s_covariance_is_the_exact_one(trained, held_out):
    decoder = trained.likelihood.projection.kernel.numpy()
    scale = trained.run("encode", x=held_out)["scale"].numpy()
    found = np.einsum("di,nd,dj->nij", decoder, scale**2, decoder)
    _, covariance = TRUTH.posterior(held_out)
    expected = W @ covariance @ W.T
    assert np.abs(expected).max() > 0.2
    np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape), atol=0.03)


@pytest.fixture(scope="module")
def exact():
    """Weights by hand: W turned so that its columns are orthogonal and the true posterior is diagonal.

    Then W'ᵀW' = S², E[z | x] = (S² + σ²)⁻¹ W'ᵀ x, and the variances are σ²/(S² + σ²).
    """
    vae = _linear(dtype="float64")
    left, values, _ = np.linalg.svd(W, full_matrices=False)
    turned = left * values
    precision = values**2 + VARIANCE
    kernel, bias = vae.posterior.projection.weights
    kernel.assign(np.concatenate([turned / precision, np.zeros((10, 3))], axis=1))
    bias.assign(np.concatenate([np.zeros(3), _unconstrained(np.sqrt(VARIANCE / precision), vae.posterior)]))
    kernel, bias = vae.likelihood.projection.weights
    kernel.assign(turned.T)
    bias.assign(np.zeros(10))
    vae.likelihood.shared_scale.assign(_unconstrained(np.sqrt(VARIANCE), vae.likelihood))
    return vae


def _unconstrained(scale, layer):
    """What softplus(u + ln(e − 1)) + min_scale sends to the scale."""
    return np.log(np.expm1(scale - layer.min_scale)) - np.log(np.e - 1)


@pytest.mark.parametrize("num_samples", [2, 7, 64])
@pytest.mark.parametrize("seed", [0, 1])
def test_with_the_true_posterior_every_weight_is_the_likelihood(exact, held_out, num_samples, seed):
    """log p(x, z) − log q(z | x) = log p(x), whatever z is: no scatter at all is left."""
    x = held_out[:200].astype("float64")
    np.testing.assert_allclose(exact.bound(x, num_samples=num_samples, seed=seed), TRUTH.log_prob(x), atol=1e-9)


def test_with_the_true_posterior_one_weight_is_the_likelihood(exact, held_out):
    x = held_out[:200].astype("float64")
    inputs = {"x": tf.constant(x)}
    seeds = tf.constant(np.stack([np.full(200, 3), np.arange(200)], axis=1), tf.int32)
    np.testing.assert_allclose(
        exact.log_weights(inputs, exact.infer(inputs), Noise(seeds)), TRUTH.log_prob(x), atol=1e-9
    )


def test_with_the_true_posterior_the_elbo_is_the_likelihood(exact, held_out):
    """E_q[log p(x | z)] − KL, the expectation over q in closed form, and by the model's own draws.

    With the KL in closed form one draw's ELBO scatters, unlike one draw's weight: it is log p(x) in expectation.
    """
    x = held_out[:8].astype("float64")
    truth = TRUTH.log_prob(x)
    outputs = exact.run("encode", x=x)
    mean, scale = outputs["z"].numpy(), outputs["scale"].numpy()
    decoder = exact.likelihood.projection.kernel.numpy()
    missed = ((x - mean @ decoder) ** 2).sum(axis=1) + np.einsum("nd,di->n", scale**2, decoder**2)
    expected_likelihood = -5 * np.log(2 * np.pi * VARIANCE) - missed / (2 * VARIANCE)
    kl = exact({"x": x})["kl"].numpy()
    np.testing.assert_allclose(expected_likelihood - kl, truth, atol=1e-9)

    draws = exact.bound(np.repeat(x, 5000, axis=0), num_samples=1, seed=0).numpy().reshape(8, -1)
    error = draws.std(axis=1, ddof=1) / np.sqrt(5000)
    assert (error > 0).all()
    assert (np.abs(draws.mean(axis=1) - truth) < 4 * error).all()


def test_samples_have_the_exact_covariance(exact):
    """x = W z + ε: neither the latent noise nor the likelihood's may be missing, or be the same."""
    x = exact.sample(40_000, seed=0).numpy()
    covariance = W @ W.T + VARIANCE * np.eye(10)
    np.testing.assert_allclose(np.cov(x.T), covariance, atol=0.03 * np.abs(covariance).max())
    whitened = np.linalg.solve(np.linalg.cholesky(covariance), x.T)
    assert stats.kstest((whitened**2).sum(axis=0), stats.chi2(10).cdf).pvalue > 1e-3
