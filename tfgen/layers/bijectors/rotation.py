"""Random rotations as the factors of a linear layer."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["LUFactors", "random_rotation"]

_DRAWS = 100


class LUFactors(NamedTuple):
    """W = P·L·U of a matrix.

    Attributes:
        order: P: which row of L·U each row of W is.
        triangles: [size, size], L below the diagonal and U above it; L's own diagonal is ones.
        log_diagonal: log |u_ii|, [size].
        signs: of u_ii, [size].
    """

    order: tuple[int, ...]
    triangles: NDArray[Any]
    log_diagonal: NDArray[Any]
    signs: NDArray[Any]


def random_rotation(size: int, *, seed: int, max_log_diagonal: float) -> LUFactors:
    """The factors of a rotation, uniformly drawn among those whose pivots are not too large nor too small.

    Args:
        size: of the matrix.
        seed: the same factors for the same seed, everywhere: an order and signs are no weights, and a file has them by
            their seed alone.
        max_log_diagonal: the bound on |log |u_ii||, in nats.

    Raises:
        ValueError: where a hundred draws hold none within the bound.

    Reference:
        Kingma and Dhariwal, *Glow*, NeurIPS 2018, section 3.2.

    Example:
        >>> random_rotation(4, seed=0, max_log_diagonal=2.7).order
        (3, 0, 2, 1)
    """
    for draw in range(_DRAWS):
        # RandomState, whose stream NumPy has promised never to change; that of its newer generators it may.
        gaussian = np.random.RandomState([seed, draw]).standard_normal((size, size))
        rotation, upper = np.linalg.qr(gaussian)
        factors = _factors(rotation * np.sign(np.diag(upper)))  # with these signs it is uniform, and the only one
        if np.abs(factors.log_diagonal).max() <= max_log_diagonal:
            return factors
    raise ValueError(
        f"`max_log_scale` must leave room for the factors of a rotation of {size} entries. Received: "
        f"{_DRAWS} draws with a |log u| above {max_log_diagonal:.3g}, nine tenths of it"
    )


def _factors(matrix: NDArray[Any]) -> LUFactors:
    """By elimination, with the largest number of a column as its pivot."""
    size = len(matrix)
    rows, left = np.arange(size), matrix.copy()
    for column in range(size):
        pivot = column + int(np.argmax(np.abs(left[column:, column])))
        left[[column, pivot]], rows[[column, pivot]] = left[[pivot, column]], rows[[pivot, column]]
        left[column + 1 :, column] /= left[column, column]
        left[column + 1 :, column + 1 :] -= np.outer(left[column + 1 :, column], left[column, column + 1 :])
    diagonal = np.diag(left)
    # Row i of L·U is row rows[i] of the matrix: the order is the reverse.
    order = tuple(int(place) for place in np.argsort(rows))
    return LUFactors(order, left - np.diag(diagonal), np.log(np.abs(diagonal)), np.sign(diagonal))
