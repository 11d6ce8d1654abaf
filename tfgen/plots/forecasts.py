"""Pictures of forecasts of a series."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from tfgen.plots.arguments import checked_names, checked_numbers
from tfgen.plots.labels import whole_steps

__all__ = ["forecast_bands"]

_IN_ONE_COLUMN = 4


def forecast_bands(
    x: ArrayLike | None,
    draws: ArrayLike,
    *,
    time: ArrayLike | None = None,
    history: ArrayLike | None = None,
    levels: Sequence[float] = (0.5, 0.9),
    names: Sequence[str] | None = None,
    title: str = "",
    xlabel: str = "step",
) -> Figure:
    """A series within the predictive bands of its steps: the median, and shaded central intervals.

    The interval of a level goes from the draws' quantile at (1 − level)/2 to that at (1 + level)/2, of each step and
    dimension by itself. The draws may be of each step given all before it, or of all steps given the history. A model
    whose quantile function is known needs no draws: its quantiles at (k − ½)/samples, k = 1 … samples, stand for them.

    Args:
        x: [time] or [time, size], what was observed at the steps of the draws; None where that is not known.
        draws: [samples, time] or [samples, time, size], of the model.
        time: [history's time + time], ascending; by default the steps of the draws count from 1, and the history's
            last one is 0.
        history: [history's time] or [history's time, size], what was observed before.
        levels: of the intervals, between 0 and 1.
        names: of the dimensions; by default their numbers.
        title: over all.
        xlabel: of the horizontal axis.

    Returns:
        The figure, a panel for each dimension.

    Raises:
        ValueError: where an argument does not fit, or a number is not finite.

    Example:
        >>> figure = forecast_bands([1.0, 3.0], [[0.0, 2.0], [1.0, 3.0], [2.0, 4.0]], history=[0.0, 0.5])
        >>> [text.get_text() for text in figure.legends[0].get_texts()]
        ['observed', 'median', '50% interval', '90% interval']
    """
    paths = checked_numbers("draws", draws)
    if paths.ndim not in (2, 3):
        raise ValueError(
            f"`draws` must have shape [samples, time] or [samples, time, size]. Received: shape={paths.shape}"
        )
    event = paths.shape[2:]
    paths = paths.reshape(*paths.shape[:2], -1)
    _, length, size = paths.shape
    before = np.empty((0, size)) if history is None else _series("history", history, event)
    after = np.full((length, size), np.nan) if x is None else _series("x", x, event, length)
    times = _times(time, len(before), length)
    shares = sorted(_levels(levels))
    labels = checked_names("names", names, size, each="dimension of `draws`")

    columns = 1 if size <= _IN_ONE_COLUMN else 2
    rows = -(-size // columns)
    figure = Figure(figsize=(9.0, 0.9 + rows * (3.4 if rows == 1 else 1.9)), layout="constrained")
    axes = figure.subplots(rows, columns, sharex=True, squeeze=False)
    ahead = times[len(before) :]
    # Of one step, neither a line nor a band could be seen.
    marker, across = ("", ahead) if length > 1 else (".", ahead + np.array([-0.3, 0.3]))
    for axis, name, dimension in zip(axes.flat, labels, range(size), strict=False):
        bands = []
        for rank, share in reversed(list(enumerate(shares))):
            edges = np.quantile(paths[:, :, dimension], [(1 - share) / 2, (1 + share) / 2], axis=0)
            colour = _paler("C0", 0.6 - 0.4 * (rank + 1) / len(shares))
            bands.append(
                axis.fill_between(across, *edges, color=colour, linewidth=0, label=f"{100 * share:g}% interval")
            )
        (median,) = axis.plot(ahead, np.median(paths[:, :, dimension], axis=0), "C0", marker=marker, label="median")
        known = np.concatenate([before, after])[:, dimension]
        (line,) = axis.plot(times, known, color="black", linewidth=1, marker=marker, label="observed")
        if len(before):
            axis.axvline((times[len(before) - 1] + ahead[0]) / 2, color="grey", linewidth=1, linestyle=":")
        axis.set_ylabel(name if names is not None or size > 1 else "x")
        axis.margins(x=0.01 if length > 1 else 0.1)
    for axis in axes.flat[size:]:
        axis.set_visible(False)
    for column, axis in enumerate(axes[-1]):
        lowest = axis if axis.get_visible() else axes[-2, column]
        lowest.set_xlabel(xlabel)
        lowest.tick_params(labelbottom=True)
    if time is None:
        whole_steps(axes[0, 0])
    observed = [line] if len(before) or x is not None else []
    figure.legend(handles=[*observed, median, *bands[::-1]], loc="outside lower center", ncols=5, frameon=False)
    figure.suptitle(title, wrap=True)
    return figure


def _series(argument: str, value: ArrayLike, event: tuple[int, ...], length: int | None = None) -> NDArray[np.float64]:
    """[time, size], or an error that names the argument; `length` is how many steps it must have."""
    series = checked_numbers(argument, value)
    if series.ndim != 1 + len(event) or series.shape[1:] != event or length not in (None, len(series)):
        sizes = ", ".join(str(size) for size in ("time" if length is None else length, *event))
        raise ValueError(f"`{argument}` must have shape [{sizes}] to fit `draws`. Received: shape={series.shape}")
    return series.reshape(len(series), -1)


def _times(time: ArrayLike | None, before: int, length: int) -> NDArray[np.float64]:
    """[before + length], by default such that the first step that is forecast is 1."""
    if time is None:
        return np.arange(1 - before, length + 1).astype(np.float64)
    times = checked_numbers("time", time)
    if times.shape != (before + length,):
        raise ValueError(
            f"`time` must have shape [{before + length}], the steps of `history` and of `draws`. "
            f"Received: shape={times.shape}"
        )
    if (np.diff(times) <= 0).any():
        wrong = int((np.diff(times) <= 0).argmax())
        raise ValueError(f"`time` must ascend. Received: {times[wrong + 1]:g} after {times[wrong]:g}")
    return times


def _levels(levels: Sequence[float]) -> list[float]:
    shares = checked_numbers("levels", levels)
    if shares.ndim != 1 or not ((shares > 0) & (shares < 1)).all():
        raise ValueError(f"`levels` must be numbers between 0 and 1. Received: levels={levels!r}")
    return [float(share) for share in shares]


def _paler(colour: str, strength: float) -> tuple[float, float, float]:
    """A colour on white paper: opaque, so that a band looks in the picture as it does in the legend."""
    red, green, blue = (1 - strength * (1 - channel) for channel in to_rgb(colour))
    return red, green, blue
