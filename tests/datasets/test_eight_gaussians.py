import math

import numpy as np
from scipy import integrate, stats

from tfgen.datasets import EightGaussians

TRUTH = EightGaussians()


def test_log_prob_is_that_of_scipys_mixture():
    points = np.random.default_rng(0).uniform(-4, 4, size=(200, 2))
    angles = [k * math.pi / 4 for k in range(8)]
    oracle = np.mean(
        [stats.multivariate_normal([2 * math.cos(a), 2 * math.sin(a)], 0.04 * np.eye(2)).pdf(points) for a in angles],
        axis=0,
    )
    np.testing.assert_allclose(TRUTH.log_prob(points), np.log(oracle), rtol=1e-12, atol=1e-12)


def test_mass_and_entropy_by_polar_quadrature():
    # The ring has a symmetry of order eight: one sector around a component holds an eighth of everything.
    def density(radius, angle):
        return math.exp(TRUTH.log_prob([[radius * math.cos(angle), radius * math.sin(angle)]])[0]) * radius

    def surprise(radius, angle):
        log_prob = TRUTH.log_prob([[radius * math.cos(angle), radius * math.sin(angle)]])[0]
        return -log_prob * math.exp(log_prob) * radius

    bounds = (-math.pi / 8, math.pi / 8, 0.5, 3.6)
    accuracy = {"epsabs": 1e-7, "epsrel": 1e-7}
    mass, _ = integrate.dblquad(density, *bounds, **accuracy)
    entropy, _ = integrate.dblquad(surprise, *bounds, **accuracy)
    assert abs(8 * mass - 1) < 1e-5
    assert abs(8 * entropy - TRUTH.entropy) < 1e-5
    assert round(TRUTH.entropy, 5) == 1.69806


def test_the_moments_of_a_sample():
    x = TRUTH.sample(50_000, seed=1)["x"].astype(np.float64)
    # Covariance r²/2 + σ² in each coordinate, none between them.
    np.testing.assert_allclose(x.mean(axis=0), 0.0, atol=0.03)
    np.testing.assert_allclose(np.cov(x.T), 2.04 * np.eye(2), atol=0.04)
