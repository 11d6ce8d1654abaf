"""Pictures of drawings and handwriting, of the movements of a pen."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from tfgen.plots.arguments import checked_count, checked_names, checked_sequences
from tfgen.plots.labels import text_width

__all__ = ["pen_strokes"]

_WIDTH, _HEIGHT, _ROW = 10.0, 12.0, 3.5  # inches: of the figure and of a row of it, at most
_SHAPE = 0.75  # the height of a figure that is nearly square, in widths


def pen_strokes(
    strokes: ArrayLike,
    *,
    mask: ArrayLike | None = None,
    columns: int | None = None,
    y_down: bool = False,
    titles: Sequence[str] | None = None,
    title: str = "",
) -> Figure:
    """Sequences of (Δx, Δy, pen up) as the lines that the pen has drawn, all on one scale.

    Point t is at the sum of the first t offsets. It is joined to the point before it, unless the pen was lifted there:
    pen up = 1 at a point says that it is the last of its stroke. A stroke of one point is a dot.

    Args:
        strokes: [n, time, 3], offsets in units of the drawing, not standardised, and 0 or 1.
        mask: bool [n, time], True at valid steps.
        columns: drawings in a row; by default as many as make the picture nearly square.
        y_down: whether y counts downwards, as on screens and in IAM-OnDB's files.
        titles: [n], of the drawings, such as what they should read.
        title: over all.

    Returns:
        The figure. In one column drawings begin at the left, as lines of writing do; in several they are centred.

    Raises:
        ValueError: where an argument does not fit, an offset is not finite, or pen up is neither 0 nor 1.

    Source: Graves, Generating sequences with recurrent neural networks (2013), section 4.

    Example:
        >>> figure = pen_strokes([[[0, 0, 0], [2, 1, 1], [0, -1, 0], [-2, 1, 1]]])  # a cross of two strokes
        >>> figure.axes[0].lines[0].get_xdata().tolist()
        [0.0, 2.0, nan, 2.0, 0.0, nan]
    """
    steps, valid = checked_sequences("strokes", strokes, mask, event=(3,))
    up = steps[:, :, 2]
    if not np.isin(up, (0.0, 1.0)).all():
        raise ValueError(
            f"`strokes` must hold 0 or 1 in strokes[..., 2], pen up. Received: {up[~np.isin(up, (0.0, 1.0))][0]:g}"
        )
    count = len(steps)
    heads = [] if titles is None else checked_names("titles", titles, count, each="drawing of `strokes`")
    points = [
        np.cumsum(row[kept, :2], axis=0) * (1, -1 if y_down else 1) for row, kept in zip(steps, valid, strict=True)
    ]
    spans = np.array([np.ptp(each, axis=0) if len(each) else (0.0, 0.0) for each in points])
    largest = spans.max(axis=0)
    margin = 0.06 * max(largest.min(), 0.1 * largest.max()) or 1.0
    width, height = largest + 2 * margin
    columns = _columns(count, height / width) if columns is None else min(checked_count("columns", columns), count)
    rows = -(-count // columns)
    inch = min(_WIDTH / columns, min(_ROW, _HEIGHT / rows) * width / height)  # a drawing's width
    row = inch * height / width + (0.3 if heads else 0.05)
    size = (max(4.0, columns * inch), rows * row + (0.5 if title else 0.0))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes:
        axis.set_axis_off()
    for index, (axis, path, span) in enumerate(zip(axes, points, spans, strict=False)):
        low = path.min(axis=0) if len(path) else np.zeros(2)
        left, bottom = low - (np.array([width, height]) - span) / 2
        if columns == 1:
            left = low[0] - margin
        axis.set(xlim=(left, left + width), ylim=(bottom, bottom + height), aspect="equal")
        _draw(axis, path, up[index, valid[index]] == 1)
        if heads:
            points_high = float(np.clip(0.95 * 72 * inch / text_width([heads[index]]), 6.0, 10.0))
            axis.set_title(heads[index], fontsize=points_high, loc="left" if columns == 1 else "center")
    figure.suptitle(title, wrap=True)
    return figure


def _columns(count: int, ratio: float) -> int:
    """In how many columns `count` drawings make the picture nearly square, each of height `ratio` in its widths."""
    heights = [-(-count // columns) * ratio / columns for columns in range(1, count + 1)]
    return 1 + int(np.abs(np.log(np.array(heights) / _SHAPE)).argmin())


def _draw(axis: Any, points: NDArray[np.float64], up: NDArray[np.bool_]) -> None:
    """Points [time, 2] joined into strokes; at `up` [time] the pen is lifted, and at the end."""
    last = up.copy()
    last[-1:] = True
    first = np.concatenate([[True], last[:-1]])[: len(last)]
    apart = np.insert(points, np.flatnonzero(last) + 1, np.nan, axis=0)
    axis.plot(*apart.T, color="black", linewidth=1.2, solid_capstyle="round")
    axis.plot(*points[first & last].T, color="black", linestyle="", marker=".", markersize=3)
