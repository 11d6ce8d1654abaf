"""The closed-form baselines against SciPy and scikit-learn."""

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression

from tfgen.judging import full_gaussian, linear_gaussian


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
