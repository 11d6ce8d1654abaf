"""Tests of two samples: as often wrong as they say, and right where samples differ."""

import itertools
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tfgen.judging import (
    TwoSampleTest,
    classifier_two_sample_test,
    energy_distance,
    maximum_mean_discrepancy,
    sliced_wasserstein,
    two_sample_test,
)
from tfgen.judging.classifier import _at_least

ALONE: dict[str, Any] = {
    "energy": energy_distance,
    "mmd": maximum_mean_discrepancy,
    "sliced_wasserstein": sliced_wasserstein,
}


def points(rows: int, size: int, *, seed: int, shift: float = 0.0) -> Any:
    return np.random.default_rng(seed).normal(shift, size=(rows, size))


@pytest.mark.parametrize("statistic", ALONE)
def test_the_statistic_and_its_null_are_those_of_the_rows(statistic: str) -> None:
    """Of seven rows there are 35 ways to deal them out: all that the null may hold."""
    x, y = points(3, 2, seed=0), points(4, 2, seed=1, shift=1)
    pooled = np.concatenate([x, y])
    found = two_sample_test(x, y, statistic=statistic, permutations=400)
    assert found.statistic == pytest.approx(ALONE[statistic](x, y), rel=1e-10)
    ways = []
    for chosen in itertools.combinations(range(7), 3):
        others = [row for row in range(7) if row not in chosen]
        ways.append(ALONE[statistic](pooled[list(chosen)], pooled[others]))
    np.testing.assert_allclose(np.unique(found.null.round(9)), np.unique(np.round(ways, 9)), atol=2e-9)
    exact = np.mean(np.array(ways) >= found.statistic - 1e-12)
    assert found.p_value == pytest.approx(exact, abs=0.08)


@pytest.mark.parametrize("statistic", ALONE)
def test_under_the_null_p_values_are_uniform(statistic: str) -> None:
    found = [
        two_sample_test(points(15, 2, seed=seed), points(20, 2, seed=500 + seed), statistic=statistic, permutations=39)
        for seed in range(150)
    ]
    p_values = np.array([each.p_value for each in found])
    # They are multiples of 1/40; a uniform on those has this distribution function at each of them.
    levels = np.arange(1, 41) / 40
    below = (p_values[:, None] <= levels + 1e-9).mean(axis=0)
    assert np.abs(below - levels).max() < 1.63 / np.sqrt(150) + 1 / 40


@pytest.mark.parametrize("statistic", ALONE)
def test_differences_are_found(statistic: str) -> None:
    x, other = points(300, 3, seed=0), points(300, 3, seed=1)
    assert two_sample_test(x, other, statistic=statistic, permutations=99).p_value > 0.01
    assert two_sample_test(x, other + 0.5, statistic=statistic, permutations=99).p_value == 0.01
    mixed = other * np.array([2, 1, 1])
    found = two_sample_test(x, mixed, statistic=statistic, permutations=99)
    assert found.p_value == 0.01
    assert found.statistic > found.threshold(0.01)


def test_thresholds_are_of_the_null() -> None:
    found = TwoSampleTest(3.0, np.arange(100.0), 0.97)
    assert [found.threshold(level) for level in (0.5, 0.1, 0.01)] == [50.0, 90.0, 99.0]
    assert str(found) == "3 (null median 49.5), p = 0.97"


def test_a_seed_gives_one_test() -> None:
    x, y = points(20, 2, seed=0), points(20, 2, seed=1)
    one, again, other = (two_sample_test(x, y, permutations=50, seed=seed).null for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_bad_arguments_are_named() -> None:
    x = points(20, 2, seed=0)
    with pytest.raises(ValueError, match=r"`statistic` must be one of .*Received: statistic='ks'"):
        two_sample_test(x, x, statistic="ks")
    with pytest.raises(ValueError, match=r"`permutations` must be at least 1\. Received: permutations=0"):
        two_sample_test(x, x, permutations=0)
    with pytest.raises(ValueError, match=r"`x` and `y` must have at least 8 rows each\. Received: 20 and 7"):
        classifier_two_sample_test(x, x[:7])


def test_a_classifier_finds_what_there_is_to_find() -> None:
    x = points(500, 2, seed=0)
    far = classifier_two_sample_test(x, points(700, 2, seed=1, shift=6))
    assert (far.accuracy, far.rows) == (1.0, 500)
    assert far.p_value == pytest.approx(2.0**-500, rel=1e-9)
    # No classifier is right more often than Bayes's: of N(0, 1) and N(1, 1), Φ(½) of the time.
    near = classifier_two_sample_test(points(4000, 1, seed=2), points(4000, 1, seed=3, shift=1))
    assert near.accuracy == pytest.approx(stats.norm.cdf(0.5), abs=0.025)


def test_under_the_null_a_classifier_guesses() -> None:
    found = [
        classifier_two_sample_test(points(40, 2, seed=seed), points(40, 2, seed=900 + seed)) for seed in range(100)
    ]
    assert np.mean([each.accuracy for each in found]) == pytest.approx(0.5, abs=0.025)
    assert np.mean([each.p_value <= 0.05 for each in found]) <= 0.12


@pytest.mark.parametrize(("heads", "tosses"), [(0, 9), (5, 9), (9, 9), (260, 500), (5100, 10_000)])
def test_fair_coins_are_scipy_s(heads: int, tosses: int) -> None:
    assert _at_least(heads, tosses) == pytest.approx(stats.binom.sf(heads - 1, tosses, 0.5), rel=1e-8)
