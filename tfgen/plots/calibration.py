"""Pictures of calibration."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import ArrayLike, NDArray

from tfgen.judging.calibration import checked_transforms, pit_uniformity
from tfgen.plots.arguments import by_name, checked_count, checked_numbers

__all__ = ["pit_histogram"]

_WITHIN, _OUTSIDE = "#7fb2d9", "C3"
_LEAST_SHOWN = 1e-10


def pit_histogram(
    pit: ArrayLike | Mapping[str, ArrayLike],
    mask: ArrayLike | None = None,
    *,
    bins: int = 20,
    level: float = 0.99,
    simultaneous: bool = True,
    title: str = "",
) -> Figure:
    r"""How often a model's probability integral transforms fall into each of some equal bins, and how often they may.

    Of n independent transforms of a calibrated model, a bin's count is binomial, Bin(n, 1/bins). The band goes from its
    quantile at α/2 to that at 1 − α/2. Simultaneous, α = (1 − level)/bins (Bonferroni): all counts are within the band
    with a probability of `level` at least, and one that is not is evidence. Pointwise, α = 1 − level, and of many bins
    some may well be outside.

    A ∪ is of predictive distributions that are too narrow, a ∩ of too wide ones, a slope of a bias.

    Args:
        pit: [time], [batch, time] or [batch, time, 1], within [0, 1], as of `judging.pit_from_draws`; or several by
            name, such as those of models to be compared or of the dimensions of vectors, drawn side by side.
        mask: bool [batch, time], True at valid steps; of all of `pit`.
        bins: how many, 2 at least.
        level: of the band, between 0 and 1.
        simultaneous: whether `level` is that of all bins at once, or else of each alone.
        title: over all.

    Returns:
        The figure, above each panel the p-value of Kolmogorov and Smirnov's test (`judging.pit_uniformity`). It and the
        band hold for independent transforms.

    Raises:
        ValueError: where an argument does not fit, or a transform is not within [0, 1].

    Source: Gneiting, Balabdaoui and Raftery, Probabilistic forecasts, calibration and sharpness (2007), section 3.1.

    Example:
        >>> figure = pit_histogram((np.arange(1000) + 0.5) / 1000, bins=10)
        >>> figure.axes[0].get_title(), int(figure.axes[0].patches[0].get_height())
        ('p = 1 (Kolmogorov–Smirnov, n = 1000)', 100)
    """
    from scipy import stats  # type: ignore[import-untyped]

    bins = checked_count("bins", bins, minimum=2)
    shown = checked_numbers("level", level)
    if shown.ndim or not 0 < shown < 1:
        raise ValueError(f"`level` must be a number between 0 and 1. Received: level={level!r}")
    alpha = (1 - float(shown)) / (bins if simultaneous else 1)
    panels = {name: checked_transforms(value, mask, name=which) for name, (which, value) in by_name("pit", pit).items()}
    figure = Figure(figsize=(max(6.4, 3.8 * len(panels)), 4.2), layout="constrained")
    one_scale = len({valid.sum() for _, valid in panels.values()}) == 1
    axes = figure.subplots(1, len(panels), sharey=one_scale, squeeze=False)[0]
    for axis, (name, (values, valid)) in zip(axes, panels.items(), strict=True):
        test = pit_uniformity(values, valid)
        band = stats.binom.ppf([alpha / 2, 1 - alpha / 2], test.count, 1 / bins)
        handles = _draw(axis, values[valid], bins, band)
        p_value = f"p = {test.p_value:.2g}" if test.p_value >= _LEAST_SHOWN else f"p < {_LEAST_SHOWN:g}"
        summary = f"{p_value} (Kolmogorov–Smirnov, n = {test.count})"
        axis.set_title(f"{name}\n{summary}" if name else summary, fontsize=10)
        axis.set(xlim=(0, 1), xlabel="probability integral transform")
    axes[0].set_ylabel(f"count in a bin of {bins}")
    scope = f"all {bins} bins at once" if simultaneous else "each bin alone"
    texts = [f"{100 * float(shown):g}% band, {scope}", "expected", "outside the band"]
    figure.legend(handles=handles, labels=texts, loc="outside lower center", ncols=3, frameon=False)
    figure.suptitle(title, wrap=True)
    return figure


def _draw(axis: Any, values: NDArray[np.float64], bins: int, band: NDArray[np.float64]) -> list[Any]:
    """A histogram of values [n] with its band, the least and the greatest count within it; the legend's handles."""
    counts, edges = np.histogram(values, np.linspace(0, 1, bins + 1))
    outside = (counts < band[0]) | (counts > band[1])
    colours = np.where(outside, _OUTSIDE, _WITHIN)
    axis.bar(edges[:-1], counts, 1 / bins, align="edge", color=colours, edgecolor="white", linewidth=0.5)
    # Both ends of the band are counts within it: half a count further, their bars can be seen to end there.
    span = axis.axhspan(max(band[0] - 0.5, 0.0), band[1] + 0.5, color="black", alpha=0.15, linewidth=0)
    expected = axis.axhline(len(values) / bins, color="black", linewidth=1)
    return [span, expected, Patch(color=_OUTSIDE)]
