"""What a model of real data must beat: one Gaussian, fitted in closed form."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["full_gaussian", "linear_gaussian"]


def full_gaussian(train: ArrayLike, test: ArrayLike) -> NDArray[np.float64]:
    """log N(x; μ, Σ) of the test rows, with μ and Σ the training rows' maximum-likelihood estimates.

    Args:
        train: [n, size], with more rows than columns.
        test: [m, size].

    Returns:
        [m], in nats.

    Raises:
        ValueError: where the training covariance is singular.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> float(full_gaussian(rng.normal(size=(100_000, 1)), [[0.0]]).round(1)[0])
        -0.9
    """
    train, test = np.asarray(train, np.float64), np.asarray(test, np.float64)
    mean = train.mean(axis=0)
    return _centred_log_prob(test - mean, (train - mean).T @ (train - mean) / len(train))


def linear_gaussian(
    train_context: ArrayLike, train_x: ArrayLike, test_context: ArrayLike, test_x: ArrayLike
) -> NDArray[np.float64]:
    """log N(x; A c + b, Σ) of the test rows: least-squares regression with its residuals' covariance.

    Args:
        train_context: [n, context size].
        train_x: [n, size].
        test_context: [m, context size].
        test_x: [m, size].

    Returns:
        [m], in nats.

    Raises:
        ValueError: where the residuals' covariance is singular.

    Example:
        >>> c = np.linspace(-1, 1, 50)[:, None]
        >>> x = 2 * c + np.random.default_rng(0).normal(scale=0.1, size=c.shape)
        >>> bool(linear_gaussian(c, x, [[0.0]], [[0.0]])[0] > 1)
        True
    """
    train_x, test_x = np.asarray(train_x, np.float64), np.asarray(test_x, np.float64)
    design, test_design = _with_ones(train_context), _with_ones(test_context)
    coefficients = np.linalg.lstsq(design, train_x, rcond=None)[0]
    residuals = train_x - design @ coefficients
    return _centred_log_prob(test_x - test_design @ coefficients, residuals.T @ residuals / len(residuals))


def _with_ones(context: ArrayLike) -> NDArray[np.float64]:
    context = np.asarray(context, np.float64)
    return np.concatenate([context, np.ones((len(context), 1))], axis=1)


def _centred_log_prob(centred: NDArray[np.float64], covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    rank = np.linalg.matrix_rank(covariance, hermitian=True)
    if rank < len(covariance):  # by rounding, Cholesky's factorisation may pass all the same
        raise ValueError(
            f"the training rows must have a covariance of full rank. Received: rank {rank} of {len(covariance)}"
        )
    factor = np.linalg.cholesky(covariance)
    whitened = np.linalg.solve(factor, centred.T)
    log_scale = np.log(np.diag(factor)).sum() + 0.5 * len(covariance) * np.log(2 * np.pi)
    return -0.5 * (whitened**2).sum(axis=0) - log_scale
