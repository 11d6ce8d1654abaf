"""Transforms of exact predictive distributions are uniform and independent, and those of wrong ones are found out."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tfgen.datasets import NoisyAutoregression, StochasticVolatility
from tfgen.judging import PITUniformity, pit_from_cdf, pit_from_draws, pit_uniformity

ROWS, STEPS = 100, 50


def series(seed: int = 0) -> NDArray[Any]:
    return NoisyAutoregression(length=STEPS).sample(ROWS, seed=seed)["x"][:, :, 0]


def kalman(x: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mean [rows, steps] and deviation [steps] of x_t given x_1 … x_{t−1}, by joint Gaussians rather than a filter."""
    lag = np.abs(np.subtract.outer(np.arange(STEPS), np.arange(STEPS)))
    covariance = 0.9**lag + 0.25 * np.eye(STEPS)
    mean, deviation = np.zeros(x.shape), np.full(STEPS, math.sqrt(1.25))
    for step in range(1, STEPS):
        weights = np.linalg.solve(covariance[:step, :step], covariance[:step, step])
        mean[:, step] = x[:, :step] @ weights
        deviation[step] = math.sqrt(1.25 - covariance[:step, step] @ weights)
    return mean, deviation


def draws(x: NDArray[Any], *, shift: float = 0.0, scale: float = 1.0, samples: int = 99) -> NDArray[Any]:
    mean, deviation = kalman(x)
    noise = np.random.default_rng(1).normal(size=(samples, *x.shape))
    return mean + shift + scale * deviation * noise


def test_the_true_predictive_distribution_passes() -> None:
    x = series()
    mean, deviation = kalman(x)
    by_cdf, by_draws = stats.norm.cdf(x, mean, deviation), pit_from_draws(draws(x), x)
    for pit in (by_cdf, by_draws):
        found = pit_uniformity(pit)
        assert min(found.p_value, found.correlation_p_value, found.square_correlation_p_value) > 0.01
        assert abs(found.correlation) < 0.04  # 2.8 deviations of 1/√4900
        assert found.count == ROWS * STEPS
    # A rank among 99 draws scatters about F(x) by √(u(1 − u)/99) and by its place in its hundredth.
    error = (by_draws - by_cdf) / np.sqrt(by_cdf * (1 - by_cdf) / 99 + 1 / 12 / 100**2)
    assert error.std() == pytest.approx(1, abs=0.04)


@pytest.mark.parametrize(("shift", "scale"), [(0.0, 0.8), (0.0, 1.25), (0.1, 1.0), (-0.1, 1.0)])
def test_other_distributions_are_found(shift: float, scale: float) -> None:
    x = series()
    pit = pit_from_draws(draws(x, shift=shift, scale=scale), x)
    assert pit_uniformity(pit).p_value < 1e-4
    # Too narrow: at both ends; too wide: in the middle; too high: low.
    spread, level = np.abs(pit - 0.5).mean() - 0.25, pit.mean() - 0.5
    assert np.sign(spread) == (np.sign(1 - scale) if scale != 1 else np.sign(spread))
    assert abs(level) < 0.02 if shift == 0 else np.sign(level) == -np.sign(shift)


def test_who_ignores_the_past_is_found_by_the_correlation() -> None:
    """The stationary distribution is every step's marginal: the transforms are uniform, and follow one another."""
    x = series()
    found = pit_uniformity(stats.norm.cdf(x, scale=math.sqrt(1.25)))
    assert found.statistic < 0.06
    assert found.correlation == pytest.approx(0.9 / 1.25, abs=0.04)
    assert found.correlation_p_value < 1e-100


def test_who_ignores_turbulence_is_found_by_the_squares() -> None:
    x = StochasticVolatility().sample(100, seed=0)["x"][:, :, 0]
    others = np.sort(StochasticVolatility().sample(1000, seed=1)["x"].ravel())
    found = pit_uniformity(np.searchsorted(others, x) / len(others))
    assert found.statistic < 0.05
    assert abs(found.correlation) < 0.03
    assert found.square_correlation > 0.1
    assert found.square_correlation_p_value < 1e-20


@pytest.mark.parametrize("samples", [1, 2, 7, 50])
@pytest.mark.parametrize("family", ["normal", "coin", "poisson"])
def test_ranks_are_uniform_however_few_the_draws(samples: int, family: str) -> None:
    rng = np.random.default_rng(3)
    sizes = (samples + 1, 20_000)
    made = {
        "normal": lambda: rng.normal(size=sizes),
        "coin": lambda: rng.uniform(size=sizes) < 0.3,
        "poisson": lambda: rng.poisson(1.5, size=sizes),
    }[family]()
    assert stats.kstest(pit_from_draws(made[1:], made[0]), "uniform").pvalue > 0.01


def test_ranks_by_loops() -> None:
    rng = np.random.default_rng(0)
    values, x = rng.integers(0, 3, size=(10, 4, 5)), rng.integers(0, 3, size=(4, 5))
    found = pit_from_draws(values, x, seed=7)
    for row, step in itertools.product(range(4), range(5)):
        below = sum(draw < x[row, step] for draw in values[:, row, step])
        equal = sum(draw == x[row, step] for draw in values[:, row, step])
        assert below / 11 < found[row, step] < (below + equal + 1) / 11


def test_equal_levels_in_two_types_are_ties() -> None:
    levels = np.arange(10) / 10
    values = np.random.default_rng(0).choice(levels, size=(200, 20_000)).astype("float32")
    pit = pit_from_draws(values, np.full(20_000, 0.1))
    low, high = (values.astype("float64") < 0.05).mean(), (values < 0.15).mean()
    assert pit.mean() == pytest.approx((low + high) / 2, abs=0.003)
    np.testing.assert_allclose(np.quantile(pit, [0.25, 0.75]), [0.125, 0.175], atol=0.01)


def test_discrete_cdfs_are_randomised() -> None:
    counts = np.random.default_rng(0).poisson(1.5, size=(100, 40))
    below, upto = stats.poisson.cdf(counts - 1, 1.5), stats.poisson.cdf(counts, 1.5)
    pit = pit_from_cdf(below, upto)
    assert ((below < pit) & (pit < upto)).all()
    found = pit_uniformity(pit)
    assert min(found.p_value, found.correlation_p_value, found.square_correlation_p_value) > 0.01
    wrong = pit_from_cdf(stats.poisson.cdf(counts - 1, 2.0), stats.poisson.cdf(counts, 2.0))
    assert pit_uniformity(wrong).p_value < 1e-10


def test_seeds() -> None:
    values, x = np.zeros((3, 20)), np.zeros(20)
    one, again, other = (pit_from_draws(values, x, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    one, again, other = (pit_from_cdf(x, x + 1, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_the_statistics_are_scipy_s() -> None:
    rng = np.random.default_rng(0)
    pit = rng.beta(1.2, 1, size=(6, 9))
    lengths = np.array([9, 1, 4, 9, 2, 6])
    mask = np.arange(9) < lengths[:, None]
    pairs = [(pit[row, step], pit[row, step + 1]) for row in range(6) for step in range(lengths[row] - 1)]
    valid = [pit[row, step] for row in range(6) for step in range(lengths[row])]
    test, (first, second) = stats.kstest(valid, "uniform"), stats.norm.ppf(np.array(pairs).T)
    for padding in (0.5, np.nan, 7.0):
        found = pit_uniformity(np.where(mask, pit, padding), mask)
        assert (found.statistic, found.p_value) == pytest.approx((test.statistic, test.pvalue))
        assert found.count == len(valid) == 31
        for correlation, p_value, (a, b) in (
            (found.correlation, found.correlation_p_value, (first, second)),
            (found.square_correlation, found.square_correlation_p_value, (first**2, second**2)),
        ):
            expected = stats.pearsonr(a, b).statistic
            assert correlation == pytest.approx(expected)
            assert p_value == pytest.approx(2 * stats.norm.sf(abs(expected) * math.sqrt(len(pairs))))


def test_p_values_of_uniform_transforms_are_uniform() -> None:
    rng = np.random.default_rng(0)
    found = [pit_uniformity(rng.uniform(size=(40, 12))) for _ in range(300)]
    for name in ("p_value", "correlation_p_value", "square_correlation_p_value"):
        assert stats.kstest([getattr(each, name) for each in found], "uniform").pvalue > 0.01, name


def test_one_series_or_a_last_axis_of_one() -> None:
    pit = np.random.default_rng(0).uniform(size=50)
    assert pit_uniformity(pit) == pit_uniformity(pit[None]) == pit_uniformity(pit[None, :, None])


def test_a_cdf_in_single_precision_may_be_nought_or_one() -> None:
    found = pit_uniformity(np.array([0.0, 0.5, 1.0, 0.25, 0.0, 1.0], "float32"))
    assert all(map(math.isfinite, (found.correlation, found.square_correlation, found.p_value)))


@pytest.mark.parametrize("pit", [[[0.3], [0.6], [0.9], [0.1]], [0.2, 0.5, 0.3], np.full((5, 6), 0.5)])
def test_where_no_correlation_can_be_told_there_is_none(pit: Any) -> None:
    found = pit_uniformity(pit)
    assert math.isnan(found.correlation)
    assert math.isnan(found.square_correlation_p_value)
    assert 0 <= found.p_value <= 1


def test_it_says_all_three() -> None:
    assert str(PITUniformity(0.12345, 0.5, 0.25, 0.0123, -0.5, 1e-9, 100)) == (
        "distance from uniform 0.1235, p = 0.5; from step to step correlation 0.250, p = 0.0123, "
        "of squares -0.500, p = 1e-09"
    )


PIT = np.full((2, 3), 0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pit_from_draws(PIT, PIT), r"`draws` must have shape \[samples, 2, 3\].*Received: shape=\(2, 3\)"),
        (lambda: pit_from_draws(np.ones((0, 2, 3)), PIT), r"`draws` must have .*Received: shape=\(0, 2, 3\)"),
        (lambda: pit_from_draws(1.0, 1.0), r"`draws` must have shape \[samples\].*Received: shape=\(\)"),
        (lambda: pit_from_draws([[np.nan]], [1.0]), "`draws` must not hold NaN. Received: 1 of 1"),
        (lambda: pit_from_draws([[1.0]], [np.nan]), "`x` must not hold NaN. Received: 1 of 1"),
        (lambda: pit_from_draws([["a"]], [1.0]), "`draws` must be an array of real numbers. Received: dtype=str"),
        (lambda: pit_from_draws([[1.0]], [[1.0], [2, 3]]), "`x` must be an array of real numbers. Received: .*inhomog"),
        (lambda: pit_from_cdf(PIT[0], PIT), r"`below` must have .*`cdf`, \(2, 3\). Received: shape=\(3,\)"),
        (lambda: pit_from_cdf([0.5], [0.25]), "`below` and `cdf` must be .*Received: below=0.5, cdf=0.25"),
        (lambda: pit_from_cdf([0.5], [1.5]), "`below` and `cdf` must be .*Received: below=0.5, cdf=1.5"),
        (lambda: pit_from_cdf([np.nan], [0.5]), "`below` and `cdf` must be .*Received: below=nan, cdf=0.5"),
        (lambda: pit_uniformity(np.ones((2, 3, 2))), r"`pit` must have .*pit\[..., d\]. Received: shape=\(2, 3, 2\)"),
        (lambda: pit_uniformity([]), r"`pit` must have shape .*Received: shape=\(0,\)"),
        (lambda: pit_uniformity([0.5, 1.01]), r"`pit` must be within \[0, 1\]. Received: 1.01"),
        (lambda: pit_uniformity([0.5, np.nan]), r"`pit` must be within \[0, 1\]. Received: nan"),
        (
            lambda: pit_uniformity(PIT, np.ones((2, 3))),
            r"`mask` must be bool of shape \(2, 3\), True at valid steps. Received: dtype=float64, shape=\(2, 3\)",
        ),
        (lambda: pit_uniformity(PIT, np.ones((3, 2), bool)), r"`mask` must be bool .*Received: .*shape=\(3, 2\)"),
        (
            lambda: pit_uniformity(PIT, [[True, True, True], [False, False, True]]),
            r"`mask` must be True at a sequence's first steps .*Received: mask\[1, 2\]=True after a step that is False",
        ),
        (lambda: pit_uniformity(PIT, np.zeros((2, 3), bool)), "`mask` must have a valid step. Received: none of 6"),
    ],
)
def test_errors_name_the_argument(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
