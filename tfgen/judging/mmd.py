"""The maximum mean discrepancy of two samples."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfgen.judging.samples import checked_samples, pairwise_distances

__all__ = ["maximum_mean_discrepancy", "pooled_mmd"]


def maximum_mean_discrepancy(x: ArrayLike, y: ArrayLike, *, bandwidth: float | None = None) -> float:
    r"""The unbiased estimate of the squared maximum mean discrepancy, with a Gaussian kernel.

    $$E\,k(X, X') + E\,k(Y, Y') - 2\,E\,k(X, Y), \qquad k(x, y) = \exp(-\|x - y\|^2 / 2h^2)$$

    without the terms of a row with itself: its mean is nought where both are of one distribution, so that it may well
    come out negative.

    Args:
        x: [n, ...].
        y: [m, ...].
        bandwidth: h; None for the median distance of two different rows of either sample. That depends on the samples:
            estimates of different ones compare only with one bandwidth.

    Raises:
        ValueError: for samples of other shapes than each other's, of fewer than two rows, or not finite; for a
            bandwidth that is not positive.

    Reference:
        Gretton et al., *A kernel two-sample test*, JMLR 13, 2012, equation 3, and section 8 for the median.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> one, same, other = (rng.normal(size=(300, 2)) + shift for shift in (0, 0, 1))
        >>> abs(maximum_mean_discrepancy(one, same)) < 0.01 < maximum_mean_discrepancy(one, other)
        True
    """
    first, second = checked_samples(x, y)
    labels = np.arange(len(first) + len(second)) < len(first)
    return float(pooled_mmd(np.concatenate([first, second]), bandwidth=bandwidth)(labels[None])[0])


def pooled_mmd(
    rows: NDArray[np.float64], *, bandwidth: float | None = None
) -> Callable[[NDArray[np.bool_]], NDArray[np.float64]]:
    """The statistic as a function of which rows are x's, [splits, rows], to [splits]."""
    distances = pairwise_distances(rows)
    if bandwidth is None:
        # Of rows that are all the same any bandwidth is right: the kernel is one throughout.
        bandwidth = float(np.median(distances[np.triu_indices(len(rows), 1)])) or 1.0
    if not 0 < bandwidth < np.inf:
        raise ValueError(f"`bandwidth` must be positive and finite. Received: bandwidth={bandwidth}")
    kernel = np.exp(-0.5 * (distances / bandwidth) ** 2)
    np.fill_diagonal(kernel, 0.0)
    totals = kernel.sum(axis=1)

    def of_labels(labels: NDArray[np.bool_]) -> NDArray[np.float64]:
        inside = labels.astype(np.float64)
        to_first = inside @ kernel
        first = (to_first * inside).sum(axis=1)
        across = (to_first * (1 - inside)).sum(axis=1)
        second = ((totals - to_first) * (1 - inside)).sum(axis=1)
        n = inside.sum(axis=1)
        m = len(rows) - n
        result: NDArray[np.float64] = first / (n * (n - 1)) + second / (m * (m - 1)) - 2 * across / (n * m)
        return result

    return of_labels
