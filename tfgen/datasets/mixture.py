"""Log-densities of mixtures, without underflow."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["isotropic_mixture_log_prob", "log_sum_exp"]


def log_sum_exp(values: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Returns $\log \sum_k e^{v_{ik}}$ for each row.

    Args:
        values: ``[n, k]``, finite.

    Returns:
        ``[n]``.

    Example:
        >>> float(log_sum_exp(np.array([[-1000.0, -1000.0]]))[0])
        -999.3068528194401
    """
    top = values.max(axis=1)
    return top + np.log(np.exp(values - top[:, None]).sum(axis=1))


def isotropic_mixture_log_prob(
    x: NDArray[np.float64], *, centres: NDArray[np.float64], weights: NDArray[np.float64], sd: float
) -> NDArray[np.float64]:
    r"""Returns $\log \sum_k w_k\, N(x; c_k, \sigma^2 I)$ in nats.

    Args:
        x: ``[n, d]``.
        centres: ``[k, d]``.
        weights: ``[k]``, positive, summing to one.
        sd: σ, in the units of `x`.

    Returns:
        ``[n]``.

    Example:
        >>> origin = np.zeros((1, 2))
        >>> float(isotropic_mixture_log_prob(origin, centres=origin, weights=np.ones(1), sd=1.0)[0])
        -1.8378770664093453
    """
    dimensions = x.shape[1]
    # One coordinate at a time: [n, k] temporaries, not [n, k, d]. Expanding the square would be a matrix
    # product, but it cancels far from the origin.
    squared = np.zeros((len(x), len(centres)))
    for axis in range(dimensions):
        squared += np.square(x[:, axis, None] - centres[:, axis])
    exponents = np.log(weights) - squared / (2 * sd**2)
    return log_sum_exp(exponents) - dimensions * (0.5 * math.log(2 * math.pi) + math.log(sd))
