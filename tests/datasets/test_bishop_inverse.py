import math

import numpy as np
import pytest
from scipy import integrate, stats

from tfgen.datasets import SmoothBishopInverse

TRUTH = SmoothBishopInverse()
X = stats.norm(0.5, 0.25)


def log_joint(x, context):
    return X.logpdf(x) + stats.norm.logpdf(context, x + 0.3 * np.sin(2 * np.pi * x), 0.05)


def joint(x, context):
    return np.exp(log_joint(x, context))


def test_log_prob_is_the_normalised_joint():
    rng = np.random.default_rng(0)
    for context in (-0.9, -0.1, 0.2, 0.5, 0.77, 1.4):
        evidence = integrate.quad(
            joint, -2, 3, args=(context,), points=np.linspace(-1, 2, 31), epsabs=0, epsrel=1e-12, limit=500
        )[0]
        x = rng.uniform(-0.2, 1.2, size=20)
        np.testing.assert_allclose(
            TRUTH.log_prob(x[:, None], np.full((20, 1), context)),
            log_joint(x, context) - math.log(evidence),
            rtol=1e-9,
            atol=1e-9,
        )


@pytest.mark.parametrize("context", [-19.0, -3.0, 0.0, 0.3, 0.5, 0.9, 5.0, 20.4])
def test_the_density_of_x_integrates_to_one_for_any_context(context):
    # The lattice finds the peaks, however far the context; quadrature then starts from them.
    lattice = np.linspace(context - 3, context + 3, 6001)
    log_prob = TRUTH.log_prob(lattice[:, None], np.full((6001, 1), context))
    mass = lattice[log_prob > log_prob.max() - 60]
    lower, upper = mass.min(), mass.max()
    total = integrate.quad(
        lambda x: math.exp(TRUTH.log_prob([[x]], [[context]])[0]),
        lower,
        upper,
        points=np.linspace(lower, upper, 22)[1:-1],
        epsabs=1e-10,
        epsrel=1e-10,
        limit=500,
    )[0]
    assert abs(total - 1) < 1e-8


def test_the_entropy_is_that_of_x_given_context():
    # By the definition, the mean over contexts of the entropy of x: no chain rule, not the code's integral.
    contexts = np.linspace(-1.2, 2.2, 341)
    x = np.linspace(-1.0, 2.0, 3001)
    density = joint(x, contexts[:, None])
    evidence = integrate.simpson(density, x=x)
    conditional = density / evidence[:, None]
    surprise = np.where(conditional > 0, -conditional * np.log(np.maximum(conditional, 1e-300)), 0.0)
    entropy = integrate.simpson(evidence * integrate.simpson(surprise, x=x), x=contexts)
    assert abs(entropy - TRUTH.entropy) < 1e-5
    assert round(TRUTH.entropy, 5) == -1.0251


def test_the_marginals_and_the_noise_of_a_sample():
    data = TRUTH.sample(20_000, seed=7)
    x, context = data["x"][:, 0].astype(np.float64), data["context"][:, 0].astype(np.float64)
    assert stats.kstest(x, X.cdf).pvalue > 1e-3
    noise = context - x - 0.3 * np.sin(2 * np.pi * x)
    assert stats.kstest(noise, stats.norm(0, 0.05).cdf).pvalue > 1e-3
    assert abs(stats.pearsonr(x, noise).statistic) < 4 / math.sqrt(20_000)

    grid = np.linspace(-1, 2, 1501)
    values = np.linspace(-1.5, 2.5, 401)
    step = grid[1] - grid[0]
    cdf = X.pdf(grid) @ stats.norm.cdf(values, (grid + 0.3 * np.sin(2 * np.pi * grid))[:, None], 0.05) * step
    assert stats.kstest(context, lambda c: np.interp(c, values, cdf)).pvalue > 1e-3


def test_posterior_ranks_are_uniform():
    # Calibration of log_prob against sample: the probability integral transform of x given its context.
    data = TRUTH.sample(500, seed=13)
    grid = np.linspace(-1, 2, 401)
    log_prob = TRUTH.log_prob(np.tile(grid, 500)[:, None], np.repeat(data["context"], 401, axis=0))
    cdf = integrate.cumulative_trapezoid(np.exp(log_prob).reshape(500, 401), x=grid, initial=0)
    ranks = [np.interp(value, grid, row) for value, row in zip(data["x"][:, 0], cdf, strict=True)]
    assert stats.kstest(ranks, "uniform").pvalue > 1e-3


def test_the_posterior_has_three_modes_in_the_middle():
    grid = np.linspace(0, 1, 1001)
    log_prob = TRUTH.log_prob(grid[:, None], np.full((1001, 1), 0.5))
    peaks = (log_prob[1:-1] > log_prob[:-2]) & (log_prob[1:-1] > log_prob[2:])
    assert peaks.sum() == 3
