"""Pictures of sequences."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from tfgen.plots.arguments import checked_count, checked_names, checked_sequences
from tfgen.plots.labels import whole_steps

__all__ = ["sequences_beside"]

_MOST_LINES = 6  # more cannot be told apart


def sequences_beside(
    real: ArrayLike,
    sampled: ArrayLike,
    *,
    real_mask: ArrayLike | None = None,
    sampled_mask: ArrayLike | None = None,
    count: int = 6,
    titles: Sequence[str] = ("data", "samples"),
    names: Sequence[str] | None = None,
    title: str = "",
) -> Figure:
    """Sequences of the data on the left and a model's on the right, all on one scale.

    An event of up to six numbers is drawn as so many lines, a larger one as a column of an image over time.

    Args:
        real: [n, time, *event], or [n, time].
        sampled: [m, time', *event], of a model.
        real_mask: bool [n, time], True at valid steps.
        sampled_mask: bool [m, time'], likewise.
        count: how many of each are drawn, the first ones that have a step.
        titles: of the two columns.
        names: of an event's numbers, in row-major order, where they are lines; by default their places.
        title: over all.

    Returns:
        The figure. The data say what is shown: the scale goes as far beyond them as samples need, but no further than
        their own range on each side, so that a few wild samples do not squeeze the picture.

    Raises:
        ValueError: where an argument does not fit, or a value at a valid step is not finite.

    Example:
        >>> figure = sequences_beside(np.zeros((9, 5)), np.ones((9, 7)), count=2)
        >>> len(figure.axes), [axis.get_title() for axis in figure.axes[:2]]
        (4, ['data', 'samples'])
    """
    sides = [
        checked_sequences("real", real, real_mask, mask_name="real_mask"),
        checked_sequences("sampled", sampled, sampled_mask, mask_name="sampled_mask"),
    ]
    events = [steps.shape[2:] for steps, _ in sides]
    if events[0] != events[1]:
        raise ValueError(f"`sampled` must have the event shape of `real`, {events[0]}. Received: {events[1]}")
    count = checked_count("count", count)
    heads = checked_names("titles", titles, 2, each="column")
    size = int(np.prod(events[0]))
    labels = checked_names("names", names, size, each="number of an event")
    shown = [
        [row[kept].reshape(-1, size) for row, kept in zip(steps, valid, strict=True) if kept.any()][:count]
        for steps, valid in sides
    ]
    limits = _limits(*(np.concatenate(side) for side in shown))
    longest = max(len(each) for side in shown for each in side)

    handle: Any = None
    rows, image = max(len(side) for side in shown), size > _MOST_LINES
    figure = Figure(figsize=(9.0, 1.1 + rows * (1.3 if image else 1.1)), layout="constrained")
    axes = figure.subplots(rows, 2, sharex=True, sharey=True, squeeze=False)
    for head, side, column in zip(heads, shown, axes.T, strict=True):
        column[0].set_title(head)
        for axis, steps in zip(column, side, strict=False):
            handle = _draw_image(axis, steps, limits) if image else _draw_lines(axis, steps, labels)
        for axis in column[len(side) :]:
            axis.set_visible(False)
        column[len(side) - 1].tick_params(labelbottom=True)
    low, high = (-0.5, size - 0.5) if image else limits
    edge = 0.0 if image else 0.04 * (high - low)
    axes[0, 0].set(xlim=(0.5, longest + 0.5), ylim=(low - edge, high + edge))
    whole_steps(axes[0, 0])
    figure.supxlabel("step", fontsize="medium")
    if image:
        figure.colorbar(handle, ax=axes, label="value", fraction=0.05)
        figure.supylabel("entry", fontsize="medium")
        axes[0, 0].yaxis.set_major_locator(MaxNLocator(integer=True, nbins=4))
    elif size > 1:
        figure.legend(handles=handle, labels=labels, loc="outside right center", frameon=False)
    figure.suptitle(title, wrap=True)
    return figure


def _limits(real: NDArray[np.float64], sampled: NDArray[np.float64]) -> tuple[float, float]:
    """The data's range, and as much beyond it as the samples need, up to the range again on each side."""
    low, high = float(real.min()), float(real.max())
    span = high - low or 1.0
    low, high = max(min(low, sampled.min()), low - span), min(max(high, sampled.max()), high + span)
    return low, high if high > low else low + 1.0


def _draw_lines(axis: Any, steps: NDArray[np.float64], labels: Sequence[str]) -> list[Any]:
    """[time, size] as a line for each of an event's numbers."""
    marker = "." if len(steps) == 1 else ""  # a line through one step cannot be seen
    axis.grid(alpha=0.3)
    return [
        axis.plot(np.arange(1, len(values) + 1), values, color=f"C{index}", linewidth=1, marker=marker, label=label)[0]
        for index, (values, label) in enumerate(zip(steps.T, labels, strict=True))
    ]


def _draw_image(axis: Any, steps: NDArray[np.float64], limits: tuple[float, float]) -> Any:
    """[time, size] as an image, over time from left to right; padding is left blank."""
    low, high = limits
    extent = (0.5, len(steps) + 0.5, -0.5, steps.shape[1] - 0.5)
    return axis.imshow(
        steps.T, extent=extent, origin="lower", aspect="auto", interpolation="nearest", vmin=low, vmax=high
    )
