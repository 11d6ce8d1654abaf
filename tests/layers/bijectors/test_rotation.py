"""The factors of random rotations against SciPy's, and their distribution."""

import numpy as np
import pytest
from scipy import linalg, stats

from tfgen.layers.bijectors.rotation import random_rotation


def matrix(size: int, seed: int) -> np.ndarray:
    order, triangles, log_diagonal, signs = random_rotation(size, seed=seed, max_log_diagonal=2.7)
    lower = np.tril(triangles, -1) + np.eye(size)
    upper = np.triu(triangles, 1) + np.diag(signs * np.exp(log_diagonal))
    return (lower @ upper)[list(order)]


@pytest.mark.parametrize("size", [1, 2, 5, 48])
def test_the_factors_are_scipys(size: int) -> None:
    whole = matrix(size, 1)
    np.testing.assert_allclose(whole @ whole.T, np.eye(size), atol=1e-12)
    permutation, lower, upper = linalg.lu(whole)
    found = random_rotation(size, seed=1, max_log_diagonal=2.7)
    np.testing.assert_array_equal(np.argmax(permutation, axis=1), found.order)
    np.testing.assert_allclose(np.tril(found.triangles, -1), lower - np.eye(size), atol=1e-10)
    np.testing.assert_allclose(found.signs * np.exp(found.log_diagonal), np.diag(upper), rtol=1e-8)
    np.testing.assert_allclose(np.triu(found.triangles, 1), np.triu(upper, 1), atol=1e-8)


def test_rotations_are_uniform() -> None:
    """The square of an entry of a uniform rotation of n entries is Beta(1/2, (n − 1)/2)."""
    entries = np.array([matrix(4, seed)[1, 2] for seed in range(400)])
    assert stats.kstest(entries**2, stats.beta(0.5, 1.5).cdf).pvalue > 1e-3
    assert abs((entries > 0).mean() - 0.5) < 0.1


def test_the_bound_is_kept_by_drawing_again() -> None:
    first = random_rotation(16, seed=0, max_log_diagonal=10)
    bound = 0.9 * np.abs(first.log_diagonal).max()
    again = random_rotation(16, seed=0, max_log_diagonal=bound)
    assert np.abs(again.log_diagonal).max() <= bound
    assert again.order != first.order
    with pytest.raises(ValueError, match="`max_log_scale` must leave room for the factors of a rotation of 16"):
        random_rotation(16, seed=0, max_log_diagonal=0.1)


def test_a_seed_means_the_same_for_ever() -> None:
    """A file has the order and the signs by their seed: these are what it was written with."""
    found = random_rotation(4, seed=0, max_log_diagonal=2.7)
    assert found.order == (3, 0, 2, 1)
    assert found.signs.tolist() == [1, 1, 1, -1]
    np.testing.assert_allclose(found.log_diagonal, [-0.2889543, -0.0759398, -0.0363005, 0.4011947], atol=1e-6)
