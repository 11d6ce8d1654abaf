"""Pictures of latent spaces."""

from collections.abc import Sequence
from statistics import NormalDist

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from tfgen.plots.arguments import Decode, checked_count, checked_numbers, checked_range, decoded_images
from tfgen.plots.images import draw_mosaic, mosaic, shaded, thin_gap

__all__ = ["latent_grid", "latent_plane"]


def latent_plane(z: ArrayLike, labels: ArrayLike, *, title: str = "", names: Sequence[str] | None = None) -> Figure:
    """Latent vectors in a plane, coloured by class.

    Two coordinates are drawn as they are. More are projected on their first two principal components: with the
    singular value decomposition z − mean(z) = U S Vᵀ, component k is (z − mean(z)) v_k, and its share of the variance
    is s_k² / Σ_j s_j². A component's sign, which the decomposition leaves open, makes its largest loading positive.

    Args:
        z: [n, size], with n and size at least 2.
        labels: [n], integers.
        title: over all.
        names: the class of label k is names[k]; by default the label itself.

    Returns:
        The figure, its points in the order of the data, for a class drawn last would hide the others.

    Raises:
        ValueError: where an argument does not fit.

    Example:
        >>> figure = latent_plane([[0, 0, 1], [0, 3, 1], [0, 6, 1]], [0, 1, 1], names=["cat", "dog"])
        >>> figure.axes[0].get_xlabel()
        'first principal component, 100.0% of the variance'
    """
    points = checked_numbers("z", z)
    if points.ndim != 2 or min(points.shape) < 2:
        raise ValueError(f"`z` must have shape [n, size] with n and size at least 2. Received: shape={points.shape}")
    classes = np.asarray(labels)
    if classes.dtype.kind not in "iu" or classes.shape != points.shape[:1]:
        raise ValueError(
            f"`labels` must be {len(points)} integers, one for each row of `z`. "
            f"Received: shape={classes.shape}, dtype={classes.dtype.name}"
        )
    present = np.unique(classes)
    if names is not None and not 0 <= present[0] <= present[-1] < len(names):
        raise ValueError(
            f"`names` must have a name for each label, here {present[0]} to {present[-1]}. Received: {len(names)} names"
        )
    # With names a class keeps its colour where another is absent.
    colours = _palette(len(present) if names is None else len(names))
    numbers = np.searchsorted(present, classes) if names is None else classes
    coordinates, axis_labels = _plane(points)
    figure = Figure(figsize=(7.5, 6.0), layout="constrained")
    axis = figure.subplots()
    size = float(np.clip(16_000 / len(points), 5, 25))
    axis.scatter(coordinates[:, 0], coordinates[:, 1], c=colours[numbers], s=size, alpha=0.8, linewidths=0)
    axis.set(xlabel=axis_labels[0], ylabel=axis_labels[1])
    axis.set_aspect("equal", adjustable="datalim")
    handles = [
        Line2D(
            [], [], color=colours[number], marker="o", linestyle="", label=str(label if names is None else names[label])
        )
        for label, number in zip(present, np.unique(numbers), strict=True)
    ]
    figure.legend(handles=handles, loc="outside right center", ncols=-(-len(handles) // 20), title="class")
    figure.suptitle(title, wrap=True)
    return figure


def latent_grid(
    decode: Decode,
    *,
    points: int = 15,
    quantiles: tuple[float, float] = (0.01, 0.99),
    title: str = "",
    limits: tuple[float, float] | None = None,
) -> Figure:
    """What a two-dimensional latent space decodes to, over a grid of its standard normal prior's quantiles.

    The coordinates are Φ⁻¹(u) of evenly spaced u, so that each image stands for the same share of the prior's mass.
    As in `latent_plane`, the first coordinate grows to the right and the second upwards.

    Args:
        decode: from z [points², 2] float32 to images [points², h, w, c] with c 1 (grey) or 3 (RGB), or
            [points², h, w] in grey; called once.
        points: the grid's points along each axis.
        quantiles: the first and last u, within (0, 1).
        title: over all.
        limits: the values drawn black and white; beyond them values are clipped. By default from 0, or the least
            value where that is negative, to the greatest.

    Returns:
        The figure, with coordinates at the ticks.

    Raises:
        ValueError: where an argument, or what `decode` returns, does not fit.

    Source: Kingma and Welling, Auto-Encoding Variational Bayes (2014), figure 4.

    Example:
        >>> figure = latent_grid(lambda z: z[:, :1, None] * np.ones((1, 8, 8)), points=3)
        >>> [label.get_text() for label in figure.axes[0].get_xticklabels()]
        ['-2.33', '0.00', '2.33']
    """
    points = checked_count("points", points, minimum=2)
    low, high = checked_range("quantiles", quantiles)
    if not 0 < low < high < 1:
        raise ValueError(f"`quantiles` must lie within (0, 1). Received: quantiles={quantiles!r}")
    normal = NormalDist()
    ladder = np.array([normal.inv_cdf(u) for u in np.linspace(low, high, points).tolist()])
    first, second = np.meshgrid(ladder, ladder[::-1])
    z = np.stack([first.ravel(), second.ravel()], axis=1).astype(np.float32)
    images = decoded_images(decode, z)
    gap = thin_gap(images)
    figure, axis = draw_mosaic(mosaic(shaded(images, limits), points, gaps=(gap, gap)), points, title=title)
    ticks = np.unique(np.linspace(0, points - 1, min(points, 5)).round().astype(int))
    _, height, width, _ = images.shape
    # Adding 0 makes the median's "-0.00" a "0.00".
    texts = [f"{value:.2f}" for value in ladder[ticks].round(2) + 0.0]
    axis.set_xticks(ticks * (width + gap) + (width - 1) / 2, texts)
    axis.set_yticks((points - 1 - ticks) * (height + gap) + (height - 1) / 2, texts)
    axis.set(xlabel="first latent coordinate", ylabel="second latent coordinate")
    return figure


def _plane(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[str]]:
    """Two coordinates [n, 2] of points [n, size], and what they are."""
    if points.shape[1] == 2:
        return points, ["first latent coordinate", "second latent coordinate"]
    centred = points - points.mean(axis=0)
    _, singular, components = np.linalg.svd(centred, full_matrices=False)
    axes = components[:2]
    axes = axes * np.sign(axes[[0, 1], np.abs(axes).argmax(axis=1)])[:, None]
    variances = singular**2
    shares = variances / max(variances.sum(), np.finfo(np.float64).tiny)  # a collapsed posterior has none
    names = [
        f"{which} principal component, {share:.1%} of the variance"
        for which, share in zip(("first", "second"), shares, strict=False)
    ]
    return centred @ axes.T, names


def _palette(classes: int) -> NDArray[np.float64]:
    """Colours [classes, 4] that tell up to 20 classes apart, and order more."""
    name = "tab10" if classes <= 10 else "tab20" if classes <= 20 else "turbo"
    colours = matplotlib.colormaps[name]
    return np.asarray(colours(np.arange(classes) if classes <= 20 else np.linspace(0, 1, classes)))
