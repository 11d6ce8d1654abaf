"""What statistics of two samples share."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["checked_samples", "pairwise_distances"]


def checked_samples(x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both as [rows, size] in float64.

    Raises:
        ValueError: where shapes differ but for the number of rows, there are fewer than two, or one is not finite.
    """
    both = {"x": np.asarray(x, np.float64), "y": np.asarray(y, np.float64)}
    for name, rows in both.items():
        if rows.ndim < 2 or len(rows) < 2 or not np.isfinite(rows).all():
            raise ValueError(
                f"`{name}` must be at least two finite rows, [rows, ...]. Received: shape={rows.shape}"
                f"{'' if np.isfinite(rows).all() else ', not all finite'}"
            )
    first, second = both.values()
    if first.shape[1:] != second.shape[1:]:
        raise ValueError(f"`y` must have x's event shape, {first.shape[1:]}. Received: {second.shape[1:]}")
    return first.reshape(len(first), -1), second.reshape(len(second), -1)


def pairwise_distances(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """‖row_i − row_j‖, [rows, rows].

    By a matrix product, of rows about their mean, where it loses the fewest digits; nought on the diagonal.

    Example:
        >>> pairwise_distances(np.array([[0.0, 0.0], [3.0, 4.0]])).tolist()
        [[0.0, 5.0], [5.0, 0.0]]
    """
    centred = rows - rows.mean(axis=0)
    norms = (centred**2).sum(axis=1)
    squares = np.maximum(norms[:, None] + norms - 2 * centred @ centred.T, 0.0)
    np.fill_diagonal(squares, 0.0)
    result: NDArray[np.float64] = np.sqrt(squares)
    return result
