"""Nearest neighbours in the training data, and whether samples are copies of it."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Memorisation", "Neighbours", "memorisation", "nearest_neighbours"]


@dataclasses.dataclass(frozen=True)
class Neighbours:
    """The nearest rows of the data for each sample, the nearest first.

    Attributes:
        index: [n, count], rows of the data.
        distance: [n, count], Euclidean, in units of x.
    """

    index: NDArray[np.int64]
    distance: NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Memorisation:
    """How near samples lie to the training data, beside how near new rows of the truth do.

    Attributes:
        sample_distance: the samples' median distance to their nearest training row, in units of x.
        held_out_distance: the held-out rows', likewise.
        share: in what share of the pairs of a sample and a held-out row the sample is the nearer one, ties counting
            half: about 1/2 of a model that generalises, near 1 of one that copies; of one whose samples lie off the
            data, below 1/2.
        p_value: how probable so large a share, or a larger one, is where both distances are of one distribution.
    """

    sample_distance: float
    held_out_distance: float
    share: float
    p_value: float

    def __str__(self) -> str:
        return (
            f"nearer than held-out rows in {self.share:.1%} of pairs (median distance {self.sample_distance:.4g}, "
            f"theirs {self.held_out_distance:.4g}), p = {self.p_value:.3g}"
        )


def nearest_neighbours(samples: ArrayLike, data: ArrayLike, *, count: int = 1) -> Neighbours:
    """The rows of the data that are nearest to each sample, by Euclidean distance over all entries of an event.

    Entries in different units are to be standardised before.

    Args:
        samples: [n, *event_shape].
        data: [m, *event_shape], such as the training data.
        count: how many for each sample, from 1 to m.

    Raises:
        ValueError: for arrays without rows, of other event shapes than each other's, or not finite; for a count that is
            out of range.

    Example:
        >>> found = nearest_neighbours([[0.0, 0.0]], [[3.0, 4.0], [1.0, 0.0]], count=2)
        >>> found.index.tolist(), found.distance.tolist()
        ([[1, 0]], [[1.0, 5.0]])
    """
    # Imported here: scikit-learn comes with the training extra, the rest of this package needs NumPy alone.
    from sklearn.neighbors import NearestNeighbors

    points, rows = _checked(("samples", "data"), (samples, data))
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or not 1 <= count <= len(rows):
        raise ValueError(f"`count` must be an integer from 1 to {len(rows)}, the rows of `data`. Received: {count!r}")
    # About the mean: in many dimensions scikit-learn takes distances by a matrix product, which loses digits far off.
    centre = rows.mean(axis=0)
    index = NearestNeighbors(n_neighbors=int(count)).fit(rows - centre).kneighbors(points - centre)[1]
    # From the differences once more: by that product a copy would not lie at nought.
    distance = np.stack([np.linalg.norm(points - rows[column], axis=1) for column in index.T], axis=1)
    order = np.argsort(distance, axis=1, kind="stable")
    return Neighbours(np.take_along_axis(index, order, axis=1), np.take_along_axis(distance, order, axis=1))


def memorisation(samples: ArrayLike, held_out: ArrayLike, data: ArrayLike) -> Memorisation:
    r"""Whether samples lie nearer to the training data than new rows of the truth do.

    With d the distance to the nearest training row,

    $$\mathrm{share} = \frac{1}{n m} \sum_{i,j} \left( [d(s_i) < d(h_j)] + \tfrac12 [d(s_i) = d(h_j)] \right)$$

    over n samples s and m held-out rows h: Mann and Whitney's U over nm, whose p-value for samples that are nearer is
    given. It is one test over all of the space: a model that copies here and lies off the data there may pass it.

    Args:
        samples: [n, *event_shape], of the model.
        held_out: [m, *event_shape], rows of the truth that the model was not trained on, nor chosen by.
        data: [rows, *event_shape], the training data, all of it: copies of what is left out go unseen.

    Raises:
        ValueError: for arrays without rows, of other event shapes than each other's, or not finite.

    Reference:
        Meehan, Chaudhuri and Dasgupta, *A non-parametric test to detect data-copying in generative models*, AISTATS
        2020: the global test, without its cells; Mann and Whitney, *On a test of whether one of two random
        variables is stochastically larger than the other*, 1947.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> data, held_out, fresh = (rng.normal(size=(500, 2)) for _ in range(3))
        >>> copied, generalised = memorisation(data + 1e-3, held_out, data), memorisation(fresh, held_out, data)
        >>> copied.share > 0.95, abs(generalised.share - 0.5) < 0.05
        (True, True)
    """
    from scipy import stats  # type: ignore[import-untyped]

    names = ("samples", "held_out", "data")
    points, truth, rows = _checked(names, (samples, held_out, data))
    near, far = (nearest_neighbours(each, rows).distance[:, 0] for each in (points, truth))
    found = stats.mannwhitneyu(far, near, alternative="greater")
    share = found.statistic / (len(near) * len(far))
    return Memorisation(float(np.median(near)), float(np.median(far)), float(share), float(found.pvalue))


def _checked(names: Sequence[str], values: Sequence[ArrayLike]) -> list[NDArray[np.float64]]:
    """Each as [rows, size] in float64, or an error that names the argument; the last one's event shape is the rule."""
    arrays = [np.asarray(value, np.float64) for value in values]
    event_shape = arrays[-1].shape[1:]
    for name, rows in reversed(list(zip(names, arrays, strict=True))):
        if rows.ndim < 2 or len(rows) == 0:
            raise ValueError(f"`{name}` must have shape [rows, ...], with a row at least. Received: {rows.shape}")
        if rows.shape[1:] != event_shape:
            raise ValueError(f"`{name}` must have the event shape of `data`, {event_shape}. Received: {rows.shape[1:]}")
        if not np.isfinite(rows).all():
            row = int(np.argwhere(~np.isfinite(rows))[0][0])
            raise ValueError(f"`{name}` must be finite. Received: {rows[row][~np.isfinite(rows[row])][0]} in row {row}")
    return [rows.reshape(len(rows), -1) for rows in arrays]
