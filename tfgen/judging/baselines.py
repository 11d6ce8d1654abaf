"""What a model of real data must beat: a Gaussian in closed form; for binary data, Bernoulli distributions."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["bernoulli_independent", "bernoulli_mixture", "centred_log_prob", "full_gaussian", "linear_gaussian"]

# Jeffreys' prior Beta(½, ½) of a probability, by its posterior mean: half an imagined row of each outcome, so
# that no outcome is impossible.
_PSEUDO_COUNT = 0.5
_ITERATIONS = 500


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
    return centred_log_prob(test - mean, (train - mean).T @ (train - mean) / len(train))


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
    return centred_log_prob(test_x - test_design @ coefficients, residuals.T @ residuals / len(residuals))


def bernoulli_independent(train_x: ArrayLike, test_x: ArrayLike) -> NDArray[np.float64]:
    r"""log P(x) of the test rows where every pixel is a Bernoulli variable of its own.

    $$P(x) = \prod_j \mu_j^{x_j} (1 - \mu_j)^{1 - x_j}, \qquad \mu_j = \frac{n_j + 1/2}{n + 1}$$

    n_j of the n training rows have pixel j lit; the halves are Jeffreys' smoothing.

    Args:
        train_x: [n, ...], of 0 and 1.
        test_x: [m, ...], of 0 and 1, the same event shape.

    Returns:
        [m], in nats.

    Raises:
        ValueError: where a value is neither 0 nor 1, the shapes do not fit or there are no rows.

    Example:
        >>> float(np.exp(bernoulli_independent([[0], [1], [1]], [[1]])[0]).round(3))
        0.625
    """
    train, test = _binary_rows(train_x, test_x)
    lit = (train.sum(axis=0) + _PSEUDO_COUNT) / (len(train) + 2 * _PSEUDO_COUNT)
    return _bernoulli_log_prob(test, lit[None])[:, 0]


def bernoulli_mixture(
    train_x: ArrayLike, test_x: ArrayLike, *, components: int = 60, seed: int = 0, tolerance: float = 1e-6
) -> NDArray[np.float64]:
    r"""log P(x) of the test rows under a mixture of independent Bernoulli pixels, fitted by EM.

    $$P(x) = \sum_k w_k \prod_j \mu_{kj}^{x_j} (1 - \mu_{kj})^{1 - x_j}$$

    With r_ik the responsibility of component k for training row i, and n_k its sum over the rows, each step
    sets $\mu_{kj} = (\sum_i r_{ik} x_{ij} + 1/2) / (n_k + 1)$ and $w_k = (n_k + 1/2) / (n + K/2)$: Jeffreys'
    smoothing, so that no image is impossible. It begins with equal weights and means halfway from one half to
    K different training rows, drawn by `numpy.random.default_rng`, and ends at a local optimum.

    Args:
        train_x: [n, ...], of 0 and 1.
        test_x: [m, ...], of 0 and 1, the same event shape.
        components: K, from 1 to n.
        seed: for the rows to begin with.
        tolerance: the least gain of a step, in nats a training row, for another; at most 500 steps are made.

    Returns:
        [m], in nats.

    Raises:
        ValueError: where a value is neither 0 nor 1, the shapes do not fit, there are no rows or more components
            than training rows.

    Source: Bishop 2006, "Pattern Recognition and Machine Learning", section 9.3.3, without the smoothing.

    Example:
        >>> from tfgen.datasets import Bars
        >>> truth = Bars()
        >>> train, test = truth.sample(1000, seed=0)["x"], truth.sample(1000, seed=1)["x"]
        >>> gap = truth.log_prob(test) - bernoulli_mixture(train, test, components=4, seed=1)
        >>> bool(abs(gap.mean()) < 0.1)
        True
    """
    train, test = _binary_rows(train_x, test_x)
    if not 1 <= components <= len(train):
        raise ValueError(f"`components` must be from 1 to {len(train)}, the training rows. Received: {components}")
    begin = np.random.default_rng(seed).choice(len(train), size=components, replace=False)
    lit, weights = 0.25 + 0.5 * train[begin], np.full(components, 1 / components)
    best = -np.inf
    for _ in range(_ITERATIONS):
        joint = _bernoulli_log_prob(train, lit) + np.log(weights)
        evidence = _log_sum_exp(joint)
        # What a smoothed step never lowers: the log-likelihood and the logarithm of the prior.
        prior = _PSEUDO_COUNT * (np.log(lit).sum() + np.log1p(-lit).sum() + np.log(weights).sum())
        objective = (evidence.sum() + prior) / len(train)
        if objective - best < tolerance:
            break
        best = objective
        responsibilities = np.exp(joint - evidence[:, None])
        mass = responsibilities.sum(axis=0)
        lit = (responsibilities.T @ train + _PSEUDO_COUNT) / (mass[:, None] + 2 * _PSEUDO_COUNT)
        weights = (mass + _PSEUDO_COUNT) / (len(train) + components * _PSEUDO_COUNT)
    return _log_sum_exp(_bernoulli_log_prob(test, lit) + np.log(weights))


def _binary_rows(train_x: ArrayLike, test_x: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both as [rows, size], or an error that names the argument."""
    train, test = np.asarray(train_x, np.float64), np.asarray(test_x, np.float64)
    for name, rows in (("train_x", train), ("test_x", test)):
        if rows.ndim < 2 or len(rows) == 0:
            raise ValueError(f"`{name}` must have shape [rows, ...], with a row at least. Received: {rows.shape}")
        if not np.isin(rows, (0.0, 1.0)).all():
            raise ValueError(f"`{name}` must be of 0 and 1. Received: {rows[~np.isin(rows, (0.0, 1.0))][0]:g}")
    if train.shape[1:] != test.shape[1:]:
        raise ValueError(f"`test_x` must have the event shape {train.shape[1:]}. Received: {test.shape[1:]}")
    return train.reshape(len(train), -1), test.reshape(len(test), -1)


def _bernoulli_log_prob(x: NDArray[np.float64], lit: NDArray[np.float64]) -> NDArray[np.float64]:
    """log P of each of [n, size] under each of [k, size] as [n, k]."""
    dark = np.log1p(-lit)
    result: NDArray[np.float64] = x @ (np.log(lit) - dark).T + dark.sum(axis=1)
    return result


def _log_sum_exp(values: NDArray[np.float64]) -> NDArray[np.float64]:
    top = values.max(axis=1)
    result: NDArray[np.float64] = top + np.log(np.exp(values - top[:, None]).sum(axis=1))
    return result


def _with_ones(context: ArrayLike) -> NDArray[np.float64]:
    context = np.asarray(context, np.float64)
    return np.concatenate([context, np.ones((len(context), 1))], axis=1)


def centred_log_prob(centred: NDArray[np.float64], covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """log N(x; 0, Σ) of each of [m, size] as [m], in nats.

    Raises:
        ValueError: where Σ is singular.
    """
    rank = np.linalg.matrix_rank(covariance, hermitian=True)
    if rank < len(covariance):  # by rounding, Cholesky's factorisation may pass all the same
        raise ValueError(
            f"the training rows must have a covariance of full rank. Received: rank {rank} of {len(covariance)}"
        )
    factor = np.linalg.cholesky(covariance)
    whitened = np.linalg.solve(factor, centred.T)
    log_scale = np.log(np.diag(factor)).sum() + 0.5 * len(covariance) * np.log(2 * np.pi)
    return -0.5 * (whitened**2).sum(axis=0) - log_scale
