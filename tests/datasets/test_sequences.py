"""Sequences with exact filters, by ways that are not filters."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from tfgen.datasets import CommonFactor, EvenProcess, NoisyAutoregression, StochasticVolatility
from tfgen.datasets.stochastic_volatility import grid_filter

SEQUENCES = [
    NoisyAutoregression(length=7),
    CommonFactor(length=4),
    EvenProcess(length=9),
    StochasticVolatility(length=6),
]


@pytest.mark.parametrize(
    ("truth", "coefficient", "noise"), [(NoisyAutoregression(length=7), 0.9, 0.25), (CommonFactor(length=4), 0.8, 0.1)]
)
def test_a_hidden_autoregression_is_one_gaussian(truth, coefficient, noise):
    """All steps at once: Cov(s_i, s_j) = a^|i − j|, of stationary variance 1."""
    length, size = truth.event_shape
    states = coefficient ** np.abs(np.subtract.outer(np.arange(length), np.arange(length)))
    covariance = np.kron(states, np.ones((size, size))) + noise * np.eye(length * size)
    gaussian = stats.multivariate_normal(np.zeros(length * size), covariance)
    x = np.random.default_rng(0).normal(scale=2, size=(50, length, size))
    np.testing.assert_allclose(truth.log_prob(x), gaussian.logpdf(x.reshape(50, -1)), rtol=1e-10)
    np.testing.assert_allclose(truth.entropy, gaussian.entropy(), rtol=1e-10)
    drawn = truth.sample(100_000, seed=1)["x"].reshape(-1, length * size).astype(float)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=0.03)


def test_their_limits():
    assert round(NoisyAutoregression().entropy, 5) == 56.48896
    assert round(CommonFactor().entropy / 20, 5) == 3.87320
    assert round(CommonFactor().independent_gap / 20, 4) == 4.6100
    assert round((EvenProcess(length=400).entropy - EvenProcess(length=300).entropy) / 100, 5) == 0.46210
    assert math.isclose(
        NoisyAutoregression(length=400).entropy - NoisyAutoregression(length=399).entropy, 1.12052, abs_tol=1e-5
    )


def test_the_gap_of_independent_outputs_is_a_frames_total_correlation():
    """Of the first frame by itself, with P = 1: H of the numbers apart, less that of them together."""
    covariance = np.ones((8, 8)) + 0.1 * np.eye(8)
    apart = 8 * stats.norm(0, math.sqrt(1.1)).entropy()
    together = stats.multivariate_normal(np.zeros(8), covariance).entropy()
    np.testing.assert_allclose(CommonFactor(length=1).independent_gap, apart - together, rtol=1e-12)


def test_the_even_process_by_enumeration():
    """Each sequence's probability as the sum over all paths of the hidden state."""
    length = 7
    emission, following = {("A", 0): 0.5, ("A", 1): 0.5, ("B", 1): 1.0}, {("A", 0): "A", ("A", 1): "B", ("B", 1): "A"}
    x = np.array(list(itertools.product([0, 1], repeat=length)))
    expected = np.zeros(len(x))
    for row, symbols in enumerate(x):
        for state, weight in (("A", 2 / 3), ("B", 1 / 3)):
            now, total = state, weight
            for symbol in symbols:
                total *= emission.get((now, symbol), 0.0)
                now = following.get((now, symbol), now)
            expected[row] += total
    truth = EvenProcess(length=length)
    np.testing.assert_allclose(np.exp(truth.log_prob(x[:, :, None])), expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(expected.sum(), 1, rtol=1e-12)
    possible = expected[expected > 0]
    np.testing.assert_allclose(truth.entropy, -(possible * np.log(possible)).sum(), rtol=1e-12)
    drawn = truth.sample(50_000, seed=2)["x"][:, :, 0].astype(int)
    counts = np.bincount(drawn @ 2 ** np.arange(length)[::-1], minlength=2**length)
    assert (counts[expected == 0] == 0).all()
    assert stats.chisquare(counts[expected > 0], 50_000 * possible).pvalue > 1e-3


def test_stochastic_volatility_by_importance_sampling():
    """p(x) as a mean of p(x | h) over paths h that are drawn from the prior."""
    truth = StochasticVolatility(length=3)
    x = truth.sample(5, seed=3)["x"].astype(float)
    rng = np.random.default_rng(4)
    h = np.empty((400_000, 3))
    h[:, 0] = -1 + 0.25 / math.sqrt(1 - 0.95**2) * rng.standard_normal(len(h))
    for step in (1, 2):
        h[:, step] = -1 + 0.95 * (h[:, step - 1] + 1) + 0.25 * rng.standard_normal(len(h))
    for row in x:
        weights = np.exp(stats.norm.logpdf(row[:, 0], 0, np.exp(h / 2)).sum(axis=1))
        error = weights.std() / math.sqrt(len(h))
        assert abs(weights.mean() - np.exp(truth.log_prob(row[None])[0])) < 4 * error


def test_more_points_of_the_grid_change_nothing():
    x = StochasticVolatility().sample(20, seed=5)["x"].astype(float)[:, :, 0]
    finest = grid_filter(x, points=800)
    for points in (100, 200, 400):
        np.testing.assert_allclose(grid_filter(x, points=points), finest, rtol=1e-5, atol=1e-7)


def test_stochastic_volatilitys_entropy_is_about_that_of_other_draws():
    truth = StochasticVolatility(length=20)
    surprise = -truth.log_prob(truth.sample(2000, seed=6)["x"])
    assert abs(surprise.mean() - truth.entropy) < 4 * surprise.std() * math.sqrt(1 / 2000 + 1 / 1000)


@pytest.mark.parametrize("truth", SEQUENCES, ids=repr)
def test_steps_add_up_and_see_no_future(truth):
    x = truth.sample(30, seed=7)["x"]
    steps = truth.log_prob_steps(x)
    assert steps.shape == (30, truth.length)
    np.testing.assert_allclose(steps.sum(axis=1), truth.log_prob(x), rtol=1e-12)
    other = x.copy()
    other[:, -1] = x[::-1, -1]
    np.testing.assert_allclose(truth.log_prob_steps(other)[:, :-1], steps[:, :-1], rtol=1e-12)


@pytest.mark.parametrize("kind", [NoisyAutoregression, CommonFactor, EvenProcess, StochasticVolatility])
def test_bad_lengths_and_shapes_are_named(kind):
    with pytest.raises(ValueError, match="`length` must be an integer, at least 1"):
        kind(length=0)
    truth = kind(length=3)
    with pytest.raises(ValueError, match="`x` must have shape"):
        truth.log_prob_steps(np.zeros((2, 4, truth.size)))
