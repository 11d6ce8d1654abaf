"""The sliced Wasserstein distance of two samples."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfgen.judging.samples import checked_samples

__all__ = ["pooled_sliced_wasserstein", "sliced_wasserstein"]


def sliced_wasserstein(x: ArrayLike, y: ArrayLike, *, projections: int = 128, seed: int = 0) -> float:
    r"""The mean Wasserstein distance of order one between the samples' projections on random directions.

    $$E_\theta\, W_1(\theta \cdot X, \theta \cdot Y) = E_\theta \int |F_\theta(t) - G_\theta(t)|\, dt$$

    F and G are the projections' empirical distribution functions, and θ is uniform on the sphere. In units of x:
    standardise entries that have different ones. In one dimension it is `scipy.stats.wasserstein_distance`.

    Args:
        x: [n, ...].
        y: [m, ...].
        projections: how many directions.
        seed: of the directions, which are the same for all samples.

    Raises:
        ValueError: for samples of other shapes than each other's, of fewer than two rows, or not finite; for no
            projections.

    Reference:
        Bonneel et al., *Sliced and Radon Wasserstein barycenters of measures*, 2015, section 2.2.

    Example:
        >>> round(sliced_wasserstein([[0.0], [1.0]], [[5.0], [6.0]]), 12)
        5.0
    """
    first, second = checked_samples(x, y)
    labels = np.arange(len(first) + len(second)) < len(first)
    rows = np.concatenate([first, second])
    return float(pooled_sliced_wasserstein(rows, projections=projections, seed=seed)(labels[None])[0])


def pooled_sliced_wasserstein(
    rows: NDArray[np.float64], *, projections: int = 128, seed: int = 0
) -> Callable[[NDArray[np.bool_]], NDArray[np.float64]]:
    """The statistic as a function of which rows are x's, [splits, rows], to [splits]; all are sorted once."""
    if projections < 1:
        raise ValueError(f"`projections` must be at least 1. Received: projections={projections}")
    directions = np.random.default_rng(seed).normal(size=(projections, rows.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    projected = directions @ rows.T
    order = np.argsort(projected, axis=1)
    gaps = np.diff(np.take_along_axis(projected, order, axis=1), axis=1)

    def of_labels(labels: NDArray[np.bool_]) -> NDArray[np.float64]:
        found = []
        for split in labels:
            weights = np.where(split, 1 / split.sum(), -1 / (~split).sum())
            difference = np.cumsum(weights[order], axis=1)[:, :-1]
            found.append((np.abs(difference) * gaps).sum(axis=1).mean())
        return np.array(found)

    return of_labels
