"""The energy distance of two samples."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfgen.judging.samples import checked_samples, pairwise_distances

__all__ = ["energy_distance", "pooled_energy"]


def energy_distance(x: ArrayLike, y: ArrayLike) -> float:
    r"""The squared energy distance of two samples' empirical distributions.

    $$2\,E\|X - Y\| - E\|X - X'\| - E\|Y - Y'\| \ge 0$$

    It is nought where the two are one, and of distributions only there. There is nothing to choose, but it is in units
    of x: standardise entries that have different ones. In one dimension its root is SciPy's
    `scipy.stats.energy_distance`.

    Args:
        x: [n, ...].
        y: [m, ...].

    Raises:
        ValueError: for samples of other shapes than each other's, of fewer than two rows, or not finite.

    Reference:
        Székely and Rizzo, *Energy statistics: a class of statistics based on distances*, 2013, equation 5.

    Example:
        >>> round(energy_distance([[0.0], [0.0]], [[1.0], [1.0]]), 12)
        2.0
    """
    first, second = checked_samples(x, y)
    labels = np.arange(len(first) + len(second)) < len(first)
    return float(pooled_energy(np.concatenate([first, second]))(labels[None])[0])


def pooled_energy(rows: NDArray[np.float64]) -> Callable[[NDArray[np.bool_]], NDArray[np.float64]]:
    """The statistic as a function of which rows are x's, [splits, rows], to [splits].

    With a = 1/n for x's rows and −1/m for y's, it is −aᵀ·D·a for distances D: one matrix product for all splits.
    """
    distances = pairwise_distances(rows)

    def of_labels(labels: NDArray[np.bool_]) -> NDArray[np.float64]:
        count = labels.sum(axis=1, keepdims=True)
        weights = np.where(labels, 1 / count, -1 / (labels.shape[1] - count))
        result: NDArray[np.float64] = -((weights @ distances) * weights).sum(axis=1)
        return result

    return of_labels
