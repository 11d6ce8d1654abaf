"""The baselines against SciPy, scikit-learn and brute force."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression

from tfgen.datasets import Bars
from tfgen.judging import bernoulli_independent, bernoulli_mixture, full_gaussian, linear_gaussian


def _correlated(rng: np.random.Generator, rows: int, size: int) -> np.ndarray:
    return rng.normal(size=(rows, size)) @ rng.normal(size=(size, size)) + rng.normal(size=size)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_the_full_gaussian_is_the_maximum_likelihood_one(size: int) -> None:
    rng = np.random.default_rng(size)
    train, test = np.split(_correlated(rng, 90, size), [60])
    fitted = stats.multivariate_normal(*stats.multivariate_normal.fit(train))
    np.testing.assert_allclose(full_gaussian(train, test), np.reshape(fitted.logpdf(test), 30), rtol=1e-9)


@pytest.mark.parametrize(("size", "context_size"), [(1, 1), (1, 4), (3, 2)])
def test_the_linear_gaussian_is_regression_with_gaussian_residuals(size: int, context_size: int) -> None:
    rng = np.random.default_rng(10 * size + context_size)
    context = rng.normal(3, 2, size=(80, context_size))
    x = context @ rng.normal(size=(context_size, size)) + 5 + _correlated(rng, 80, size)
    fitted = LinearRegression().fit(context[:50], x[:50])
    residuals = x[:50] - fitted.predict(context[:50])
    covariance = np.cov(residuals.T, bias=True).reshape(size, size)
    left = x[50:] - fitted.predict(context[50:])
    expected = np.reshape(stats.multivariate_normal(np.zeros(size), covariance).logpdf(left), 30)
    np.testing.assert_allclose(linear_gaussian(context[:50], x[:50], context[50:], x[50:]), expected, rtol=1e-8)


def test_lists_and_float32_are_taken() -> None:
    x = np.random.default_rng(0).normal(size=(20, 2)).astype("float32")
    found = full_gaussian(x.tolist(), x[:3].tolist())
    assert found.dtype == np.float64
    np.testing.assert_allclose(full_gaussian(x, x[:3]), found, rtol=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_a_singular_covariance_is_refused(seed: int) -> None:
    """Also where rounding makes it look regular: a column that is the sum of others, and more columns than rows."""
    rng = np.random.default_rng(seed)
    some = rng.normal(size=(50, 2))
    dependent = np.column_stack([some, some.sum(axis=1)])
    constant = np.column_stack([some, np.full(50, 0.1)])
    for train, rank in ((dependent, "2 of 3"), (constant, "2 of 3"), (rng.normal(size=(3, 5)), "2 of 5")):
        with pytest.raises(ValueError, match=rf"covariance of full rank\. Received: rank {rank}"):
            full_gaussian(train, train)
    context = rng.normal(size=(50, 1))
    with pytest.raises(ValueError, match=r"covariance of full rank\. Received: rank 2 of 3"):
        linear_gaussian(context, dependent, context, dependent)


def _binary(seed: int, rows: int, shape: tuple[int, ...]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.random((rows, *shape)) < rng.uniform(0.1, 0.9, size=shape)).astype(np.float64)


def _every_image(size: int) -> np.ndarray:
    return np.array(list(itertools.product((0, 1), repeat=size)))


def test_independent_bernoulli_pixels_are_smoothed_by_half_a_row_of_each_outcome() -> None:
    train, test = _binary(0, 30, (2, 3, 1)), _binary(1, 20, (2, 3, 1))
    train[:, 0, 0] = 0  # never lit, yet possible
    lit = [(train[:, i, j, 0].sum() + 0.5) / 31 for i in range(2) for j in range(3)]
    expected = stats.bernoulli(lit).logpmf(test.reshape(20, 6)).sum(axis=1)
    found = bernoulli_independent(train, test)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert found.dtype == np.float64


def _em_by_loops(train: np.ndarray, test: np.ndarray, components: int, seed: int, steps: int) -> list[float]:
    """Bishop's equations one number at a time, with the documented beginning and smoothing."""
    begin = np.random.default_rng(seed).choice(len(train), size=components, replace=False)
    lit = [[0.75 if pixel else 0.25 for pixel in train[row]] for row in begin]
    weights = [1 / components] * components

    def joint(row: np.ndarray, k: int) -> float:
        product = weights[k]
        for pixel, probability in zip(row, lit[k], strict=True):
            product *= probability if pixel else 1 - probability
        return product

    for _ in range(steps):
        responsibilities = [[joint(row, k) for k in range(components)] for row in train]
        responsibilities = [[value / sum(values) for value in values] for values in responsibilities]
        for k in range(components):
            mass = sum(values[k] for values in responsibilities)
            counts = [
                sum(values[k] * row[j] for values, row in zip(responsibilities, train, strict=True))
                for j in range(train.shape[1])
            ]
            lit[k] = [(count + 0.5) / (mass + 1) for count in counts]
            weights[k] = (mass + 0.5) / (len(train) + components / 2)
    return [np.log(sum(joint(row, k) for k in range(components))) for row in test]


@pytest.mark.parametrize("steps", [1, 2, 25])
@pytest.mark.parametrize("components", [1, 2, 3])
def test_the_bernoulli_mixture_makes_the_steps_of_em(
    components: int, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, test = _binary(2, 14, (4,)), _every_image(4)
    monkeypatch.setattr("tfgen.judging.baselines._ITERATIONS", steps)
    found = bernoulli_mixture(train, test, components=components, seed=3, tolerance=-np.inf)
    np.testing.assert_allclose(found, _em_by_loops(train, test, components, 3, steps), rtol=1e-10)
    assert abs(np.exp(found).sum() - 1) < 1e-12


def test_one_component_is_independent_pixels() -> None:
    train, test = _binary(4, 50, (3, 3, 1)), _binary(5, 50, (3, 3, 1))
    np.testing.assert_allclose(bernoulli_mixture(train, test, components=1), bernoulli_independent(train, test))


@pytest.mark.parametrize("seed", range(4))
def test_the_mixture_stops_at_an_optimum(seed: int) -> None:
    """Where many more steps change next to nothing."""
    train, images = _binary(6, 40, (3,)), _every_image(3)
    found = bernoulli_mixture(train, images, components=2, seed=seed, tolerance=1e-13)
    again = _em_by_loops(train, images, 2, seed, 2000)
    np.testing.assert_allclose(found, again, atol=1e-3)


def test_a_mixture_of_bars_is_found() -> None:
    truth = Bars(flip=0.05)
    train, test = truth.sample(4000, seed=0)["x"], truth.sample(4000, seed=1)["x"]
    gap = truth.log_prob(test) - bernoulli_mixture(train, test, components=4, seed=0)
    assert -0.01 < gap.mean() < 0.05
    floor = truth.log_prob(test) - bernoulli_independent(train, test)
    assert abs(floor.mean() - 4.849) < 0.1


@pytest.mark.parametrize("fit", [bernoulli_independent, bernoulli_mixture])
@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        ([[0.5]], [[1]], r"`train_x` must be of 0 and 1\. Received: 0\.5"),
        ([[0]], [[2]], r"`test_x` must be of 0 and 1\. Received: 2"),
        ([[0]], [[np.nan]], r"`test_x` must be of 0 and 1\. Received: nan"),
        ([0, 1], [[1]], r"`train_x` must have shape \[rows, \.\.\.\].*Received: \(2,\)"),
        (np.zeros((0, 2)), [[1, 0]], r"`train_x` must have shape .*Received: \(0, 2\)"),
        ([[0, 1]], [[1]], r"`test_x` must have the event shape \(2,\)\. Received: \(1,\)"),
    ],
)
def test_what_is_not_binary_is_refused(fit: Callable[..., np.ndarray], train: Any, test: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit(train, test)


@pytest.mark.parametrize("components", [0, 15])
def test_a_mixture_of_more_components_than_rows_is_refused(components: int) -> None:
    train = _binary(2, 14, (4,))
    with pytest.raises(ValueError, match=rf"`components` must be from 1 to 14.*Received: {components}"):
        bernoulli_mixture(train, train, components=components)
