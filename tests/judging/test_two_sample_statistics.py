"""Statistics of two samples against loops, SciPy's in one dimension, and closed forms of Gaussians."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tfgen.judging import energy_distance, maximum_mean_discrepancy, sliced_wasserstein

STATISTICS = [energy_distance, maximum_mean_discrepancy, sliced_wasserstein]


def points(rows: int, *event: int, seed: int = 0, shift: float = 0.0, scale: float = 1.0) -> NDArray[Any]:
    return np.random.default_rng(seed).normal(shift, scale, size=(rows, *event))


def mean_over(x: NDArray[Any], y: NDArray[Any], function: Callable[..., float], *, same: bool = True) -> float:
    """By loops; without a row's own partner where `same` is False."""
    pairs = itertools.product(range(len(x)), range(len(y)))
    return float(np.mean([function(x[i], y[j]) for i, j in pairs if same or i != j]))


def distance(one: NDArray[Any], other: NDArray[Any]) -> float:
    return math.sqrt(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)))


@pytest.mark.parametrize(("n", "m", "size"), [(2, 2, 1), (5, 9, 3), (12, 7, 2)])
def test_energy_distance_by_loops(n: int, m: int, size: int) -> None:
    x, y = points(n, size), points(m, size, seed=1, shift=0.7)
    expected = 2 * mean_over(x, y, distance) - mean_over(x, x, distance) - mean_over(y, y, distance)
    assert energy_distance(x, y) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("bandwidth", [None, 0.4])
@pytest.mark.parametrize(("n", "m", "size"), [(2, 2, 1), (5, 9, 3), (12, 7, 2)])
def test_mmd_by_loops(n: int, m: int, size: int, bandwidth: float | None) -> None:
    x, y = points(n, size), points(m, size, seed=1, shift=0.7)
    pooled = np.concatenate([x, y])
    between = [distance(one, other) for one, other in itertools.combinations(pooled, 2)]
    width = bandwidth or float(np.median(between))

    def kernel(one: NDArray[Any], other: NDArray[Any]) -> float:
        return math.exp(-(distance(one, other) ** 2) / (2 * width**2))

    expected = mean_over(x, x, kernel, same=False) + mean_over(y, y, kernel, same=False) - 2 * mean_over(x, y, kernel)
    assert maximum_mean_discrepancy(x, y, bandwidth=bandwidth) == pytest.approx(expected, rel=1e-10, abs=1e-13)


@pytest.mark.parametrize(("n", "m"), [(30, 30), (17, 40)])
def test_in_one_dimension_they_are_scipy_s(n: int, m: int) -> None:
    x, y = points(n, 1), points(m, 1, seed=1, shift=0.5, scale=2)
    assert energy_distance(x, y) == pytest.approx(stats.energy_distance(x[:, 0], y[:, 0]) ** 2, rel=1e-10)
    assert sliced_wasserstein(x, y) == pytest.approx(stats.wasserstein_distance(x[:, 0], y[:, 0]), rel=1e-10)


def test_slices_are_scipy_s_on_each_direction() -> None:
    x, y = points(20, 3), points(31, 3, seed=1, scale=2)
    directions = np.random.default_rng(5).normal(size=(40, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    expected = np.mean([stats.wasserstein_distance(x @ each, y @ each) for each in directions])
    assert sliced_wasserstein(x, y, projections=40, seed=5) == pytest.approx(expected, rel=1e-10)


def absolute(mean: float, variance: float) -> float:
    """E|N(mean, variance)|."""
    scale = math.sqrt(variance)
    return 2 * scale * stats.norm.pdf(mean / scale) + mean * (2 * stats.norm.cdf(mean / scale) - 1)


def test_gaussians_in_closed_form() -> None:
    x, y = points(1500, 1), points(1500, 1, seed=1, shift=1, scale=2)
    energy = 2 * absolute(1, 5) - absolute(0, 2) - absolute(0, 8)
    assert energy_distance(x, y) == pytest.approx(energy, abs=0.05)
    h = 1.5

    def overlap(mean: float, variance: float) -> float:
        return h * math.sqrt(2 * math.pi) * stats.norm.pdf(mean, scale=math.sqrt(variance + h * h))

    expected = overlap(0, 2) + overlap(0, 8) - 2 * overlap(1, 5)
    assert maximum_mean_discrepancy(x, y, bandwidth=h) == pytest.approx(expected, abs=0.015)


def test_a_shift_is_its_mean_length_on_slices() -> None:
    """E|θ·δ| = ‖δ‖·2/π in the plane, whatever is shifted."""
    x = points(50, 2)
    found = sliced_wasserstein(x, x + np.array([3.0, -4.0]), projections=4000)
    assert found == pytest.approx(5 * 2 / math.pi, rel=0.02)


def test_mmd_is_unbiased_and_energy_is_not() -> None:
    pairs = [(points(8, 2, seed=seed), points(8, 2, seed=1000 + seed)) for seed in range(400)]
    found = np.array([maximum_mean_discrepancy(x, y, bandwidth=1.0) for x, y in pairs])
    assert abs(found.mean()) < 3 * found.std() / 20
    assert np.mean([energy_distance(x, y) for x, y in pairs]) > 0.1


@pytest.mark.parametrize("statistic", STATISTICS)
def test_they_are_symmetric_and_see_no_order(statistic: Callable[..., float]) -> None:
    x, y = points(9, 2, 3), points(6, 2, 3, seed=1)
    assert statistic(x, y) == pytest.approx(statistic(y[::-1], x[::-1]), rel=1e-10, abs=1e-14)
    assert statistic(x, y) == pytest.approx(statistic(x.reshape(9, 6), y.reshape(6, 6)), rel=1e-12)


@pytest.mark.parametrize("statistic", [energy_distance, sliced_wasserstein])
def test_one_sample_is_at_no_distance_from_itself(statistic: Callable[..., float]) -> None:
    x = points(40, 3) + 1e6  # far from the origin, where squares lose their digits
    assert statistic(x, x) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (points(1, 2), points(5, 2), r"`x` must be at least two finite rows.*Received: shape=\(1, 2\)"),
        (points(5, 2), points(5), r"`y` must be at least two finite rows.*Received: shape=\(5,\)"),
        (points(5, 2), points(5, 3), r"`y` must have x's event shape, \(2,\)\. Received: \(3,\)"),
        (points(5, 2), np.full((5, 2), np.nan), r"`y` must be .*not all finite"),
    ],
)
def test_what_is_no_pair_of_samples_is_refused(statistic: Any, x: Any, y: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        statistic(x, y)


def test_bad_arguments_are_named() -> None:
    x = points(5, 2)
    for bandwidth in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match=r"`bandwidth` must be positive and finite\. Received: bandwidth="):
            maximum_mean_discrepancy(x, x, bandwidth=bandwidth)
    with pytest.raises(ValueError, match=r"`projections` must be at least 1\. Received: projections=0"):
        sliced_wasserstein(x, x, projections=0)
