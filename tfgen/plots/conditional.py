"""Pictures of conditional models."""

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

__all__ = ["conditional_density", "predictive_bands"]

ConditionalLogDensity = Callable[[NDArray[np.float32], NDArray[np.float32]], ArrayLike]


def conditional_density(
    truth: ConditionalLogDensity,
    model: ConditionalLogDensity,
    *,
    x_limits: tuple[float, float],
    context_limits: tuple[float, float],
    title: str = "",
    points: int = 250,
) -> Figure:
    """p(x | context) of one x over one context, beside the model's: every column is a density.

    Args:
        truth: from x [n, 1] and context [n, 1] to log p*(x | context), [n] nats.
        model: the same, of the model.
        x_limits: the vertical axis.
        context_limits: the horizontal axis.
        title: over all.
        points: the grid's points along each axis.

    Returns:
        The figure, with log-density clipped at eight nats below the truth's peak.
    """
    (left, right), (bottom, top) = context_limits, x_limits
    context, x = np.meshgrid(np.linspace(left, right, points), np.linspace(bottom, top, points))
    columns = [values.reshape(-1, 1).astype(np.float32) for values in (x, context)]
    densities = [np.asarray(density(*columns)).reshape(points, points) for density in (truth, model)]
    peak = densities[0].max()
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    for axis, density, name in zip(axes, densities, ("truth", "model"), strict=True):
        image = axis.imshow(
            density, extent=(left, right, bottom, top), origin="lower", vmin=peak - 8, vmax=peak, aspect="auto"
        )
        axis.set(title=name, xlabel="context")
    axes[0].set_ylabel("x")
    figure.colorbar(image, ax=axes, label="log p(x | context), nats")
    figure.suptitle(title)
    return figure


def predictive_bands(x: ArrayLike, samples: ArrayLike, *, title: str = "", label: str = "x") -> Figure:
    """Held-out values of one x within the model's predictive quantiles, in order of the median; and the PIT.

    The probability integral transform, the share of the model's draws below the held-out value, is uniform where
    the model is calibrated.

    Args:
        x: [n, 1], held out.
        samples: [draws, n, 1], the model's for the same contexts.
        title: over all.
        label: of the vertical axis.

    Returns:
        The figure.
    """
    x, samples = np.asarray(x)[:, 0], np.asarray(samples)[..., 0]
    order = np.argsort(np.median(samples, axis=0))
    ranks = np.arange(len(order))
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    bands, histogram = figure.subplots(1, 2, width_ratios=(2, 1))
    for low, high, shade in ((0.05, 0.95, 0.2), (0.25, 0.75, 0.35)):
        edges = np.quantile(samples[:, order], [low, high], axis=0)
        bands.fill_between(ranks, *edges, alpha=shade, color="C0", label=f"{low:.0%} to {high:.0%}", linewidth=0)
    bands.plot(ranks, np.median(samples, axis=0)[order], color="C0", label="median")
    bands.scatter(ranks, x[order], s=12, color="black", label="held-out data", zorder=3)
    bands.set(xlabel="held-out rows in order of the predicted median", ylabel=label)
    bands.legend(loc="upper left")
    transform = (samples < x).mean(axis=0)
    histogram.hist(transform, bins=np.linspace(0, 1, 11), density=True, color="C0", alpha=0.6)
    histogram.axhline(1.0, color="black", linewidth=1)
    histogram.set(xlabel="probability integral transform", title="calibrated where flat")
    figure.suptitle(title)
    return figure
