"""Pictures of unconditional models."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

__all__ = ["density_beside_truth", "sample_pairs"]

LogDensity = Callable[[NDArray[np.float32]], ArrayLike]


def density_beside_truth(
    truth: LogDensity,
    model: LogDensity,
    samples: ArrayLike,
    *,
    limits: tuple[tuple[float, float], tuple[float, float]],
    title: str = "",
    points: int = 200,
) -> Figure:
    """A known 2-D density, a model's density on the same colour scale, and the model's samples.

    Args:
        truth: from [n, 2] to log p*(x), [n] nats.
        model: from [n, 2] to log q(x), [n] nats.
        samples: [m, 2], the model's.
        limits: of the two axes.
        title: over all.
        points: the grid's points along each axis.

    Returns:
        The figure.
    """
    (left, right), (bottom, top) = limits
    first, second = np.meshgrid(np.linspace(left, right, points), np.linspace(bottom, top, points))
    grid = np.stack([first.ravel(), second.ravel()], axis=1).astype(np.float32)
    densities = [np.exp(np.asarray(log_density(grid))).reshape(points, points) for log_density in (truth, model)]
    figure = Figure(figsize=(12, 3.0), layout="constrained")
    axes = figure.subplots(1, 3, sharex=True, sharey=True)
    for axis, density, name in zip(axes, densities, ("truth", "model"), strict=False):
        image = axis.imshow(
            density, extent=(left, right, bottom, top), origin="lower", vmin=0, vmax=densities[0].max(), aspect="equal"
        )
        axis.set_title(f"density: {name}")
    figure.colorbar(image, ax=axes[:2], label="density", shrink=0.8)
    samples = np.asarray(samples)
    axes[2].scatter(samples[:, 0], samples[:, 1], s=2, alpha=0.5, linewidths=0)
    axes[2].set(title=f"{len(samples)} samples of the model", xlim=(left, right), ylim=(bottom, top), aspect="equal")
    figure.suptitle(title)
    return figure


def sample_pairs(
    data: ArrayLike,
    samples: ArrayLike,
    *,
    pairs: Sequence[tuple[int, int]],
    names: Sequence[str],
    title: str = "",
) -> Figure:
    """Held-out data and a model's samples in pairs of columns.

    Args:
        data: [n, size].
        samples: [m, size], the model's.
        pairs: the columns to show against each other.
        names: of all columns.
        title: over all.

    Returns:
        The figure.
    """
    data, samples = np.asarray(data), np.asarray(samples)
    figure = Figure(figsize=(4 * len(pairs), 4.2), layout="constrained")
    for axis, (first, second) in zip(figure.subplots(1, len(pairs), squeeze=False)[0], pairs, strict=True):
        axis.scatter(samples[:, first], samples[:, second], s=6, alpha=0.35, label="samples", linewidths=0)
        axis.scatter(data[:, first], data[:, second], s=10, color="black", label="held-out data", linewidths=0)
        # A few wild samples must not squeeze the picture: the data say what is shown.
        for limit, column in ((axis.set_xlim, first), (axis.set_ylim, second)):
            low, high = data[:, column].min(), data[:, column].max()
            limit(low - 0.3 * (high - low), high + 0.3 * (high - low))
        axis.set(xlabel=names[first], ylabel=names[second])
    axis.legend(loc="upper left")
    figure.suptitle(title)
    return figure
