"""Samples of a flow against draws from its density by another way: tests let the right ones pass, and no wrong ones."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

import tfgen
from tfgen.judging import classifier_two_sample_test, two_sample_test

ROWS = 600
TESTS: dict[str, Callable[[Any, Any], float]] = {
    "energy": lambda x, y: two_sample_test(x, y, statistic="energy", permutations=199).p_value,
    "mmd": lambda x, y: two_sample_test(x, y, statistic="mmd", permutations=199).p_value,
    "sliced_wasserstein": lambda x, y: (
        two_sample_test(x, y, statistic="sliced_wasserstein", permutations=199, projections=32).p_value
    ),
    "classifier": lambda x, y: classifier_two_sample_test(x, y).p_value,
}


@pytest.fixture(scope="module")
def flow() -> tfgen.FlowModel:
    """One far from a Gaussian: its weights are moved, and its entries depend on each other."""
    keras.utils.set_random_seed(0)
    made = tfgen.RealNVP(event_shape=(2,), couplings=4, hidden=(8,), activation="tanh")
    rng = np.random.default_rng(0)
    made.set_weights([value + 0.4 * rng.normal(size=value.shape) for value in made.get_weights()])
    return made


@pytest.fixture(scope="module")
def drawn(flow: tfgen.FlowModel) -> NDArray[Any]:
    """By importance resampling from a wide Student's t distribution: the sampler has no part in it."""
    rough = flow.sample(2000, seed=99).numpy()
    proposal = stats.multivariate_t(rough.mean(axis=0), 2 * np.cov(rough.T), df=5, seed=1)
    points = proposal.rvs(200_000)
    log_weights = flow.log_prob(points.astype(np.float32)).numpy() - proposal.logpdf(points)
    weights = np.exp(log_weights - log_weights.max())
    weights /= weights.sum()
    assert 1 / (weights**2).sum() > 20_000  # enough that hardly a row comes twice
    return points[np.random.default_rng(2).choice(len(points), ROWS, p=weights)]


@pytest.mark.parametrize("test", TESTS)
def test_samples_follow_the_density(flow: tfgen.FlowModel, drawn: NDArray[Any], test: str) -> None:
    assert TESTS[test](flow.sample(ROWS, seed=0).numpy(), drawn) > 0.01


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("wrong", ["cold", "shuffled", "a fifth elsewhere"])
def test_wrong_samples_do_not(flow: tfgen.FlowModel, drawn: NDArray[Any], test: str, wrong: str) -> None:
    x = flow.sample(ROWS, seed=0).numpy()
    rng = np.random.default_rng(3)
    match wrong:
        case "cold":  # of latents with two thirds of their deviation
            x = flow.decode(0.65 * rng.normal(size=(ROWS, 2))).numpy()
        case "shuffled":  # the right marginals, independent
            x = np.stack([x[:, 0], rng.permutation(x[:, 1])], axis=1)
        case "a fifth elsewhere":
            x[: ROWS // 5] = x.mean(axis=0) + 4 * x.std(axis=0) + 0.1 * rng.normal(size=(ROWS // 5, 2))
    assert TESTS[test](x, drawn) < 0.01
