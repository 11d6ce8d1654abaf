import math

import numpy as np
import pytest
from scipy import stats

from tfgen.datasets import ProbabilisticPCA

TRUTH = ProbabilisticPCA()
WEIGHTS = np.random.default_rng(1).normal(size=(10, 3))
COVARIANCE = WEIGHTS @ WEIGHTS.T + 0.25 * np.eye(10)


def test_log_prob_is_that_of_scipys_gaussian():
    x = np.random.default_rng(0).normal(scale=3, size=(200, 10))
    oracle = stats.multivariate_normal(np.zeros(10), COVARIANCE).logpdf(x)
    np.testing.assert_allclose(TRUTH.log_prob(x), oracle, rtol=1e-11)


def test_the_entropy_is_closed_form():
    _, log_det = np.linalg.slogdet(2 * math.pi * math.e * COVARIANCE)
    assert abs(TRUTH.entropy - 0.5 * log_det) < 1e-11
    assert round(TRUTH.entropy, 5) == 11.56547


def test_the_covariance_of_a_sample():
    x = TRUTH.sample(100_000, seed=1)["x"].astype(np.float64)
    np.testing.assert_allclose(x.mean(axis=0), 0.0, atol=0.04)
    np.testing.assert_allclose(np.cov(x.T), COVARIANCE, atol=0.12)
    whitened = np.linalg.solve(np.linalg.cholesky(COVARIANCE), x.T)
    assert stats.kstest(np.square(whitened).sum(axis=0), stats.chi2(10).cdf).pvalue > 1e-3


def test_the_posterior_is_the_conditional_of_the_joint_gaussian():
    x = TRUTH.sample(50, seed=2)["x"].astype(np.float64)
    mean, covariance = TRUTH.posterior(x)
    # Conditioning (z, x) on x needs no M.
    gain = WEIGHTS.T @ np.linalg.inv(COVARIANCE)
    np.testing.assert_allclose(mean, x @ gain.T, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(covariance, np.eye(3) - gain @ WEIGHTS, rtol=1e-9, atol=1e-12)
    assert (mean.shape, covariance.shape) == ((50, 3), (3, 3))


def test_bayes_rule_joins_posterior_and_density():
    x = TRUTH.sample(1, seed=3)["x"].astype(np.float64)
    mean, covariance = TRUTH.posterior(x)
    for z in np.random.default_rng(4).normal(size=(5, 3)):
        joint = stats.norm.logpdf(z).sum() + stats.norm.logpdf(x[0], TRUTH.weights @ z, math.sqrt(TRUTH.variance)).sum()
        posterior = stats.multivariate_normal(mean[0], covariance).logpdf(z)
        np.testing.assert_allclose(joint - posterior, TRUTH.log_prob(x)[0], rtol=1e-10)


def test_the_weights_cannot_be_changed():
    np.testing.assert_array_equal(TRUTH.weights, WEIGHTS)
    with pytest.raises(ValueError, match="read-only"):
        TRUTH.weights[0, 0] = 0.0


@pytest.mark.parametrize("x", [np.zeros(10), np.zeros((2, 3)), np.full((1, 10), np.nan)])
def test_the_posterior_of_a_bad_x_is_refused(x):
    with pytest.raises(ValueError, match=r"`x` must .*Received"):
        TRUTH.posterior(x)
