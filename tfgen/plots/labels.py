"""Texts and ticks, as large and as many as their room allows: they neither overlap nor leave the figure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

__all__ = ["fitted", "label_columns", "label_rows", "text_width", "whole_steps"]

_LARGEST, _LEVEL, _LEAST = 10.0, 7.0, 6.0  # points: of any label, of one that need not be turned, of any at all
_LINE, _UPRIGHT = 1.25, 1.1  # a line's height, and what lines that are turned are apart, in font sizes


def text_width(texts: Sequence[str]) -> float:
    """The greatest width of some texts, in font sizes, and at least a digit's."""
    lines = [line for text in texts for line in text.splitlines() if line.strip()]
    return max([0.6, *(float(TextPath((0, 0), line, size=1).get_extents().width) for line in lines)])


def fitted(texts: Sequence[str], room: float) -> tuple[float, bool, int]:
    """How labels below one another's columns are written: level where they fit, else upright, else not all of them.

    Args:
        texts: the labels.
        room: the width of one column, in inches.

    Returns:
        The font size in points, whether the labels are turned upright, and the step from one shown to the next.

    Example:
        >>> fitted(["one", "two"], 1.0), fitted(["a long name", "another"], 0.3), fitted(["10", "11"], 0.06)
        ((10.0, False, 1), (10.0, True, 1), (6.0, True, 2))
    """
    room *= 72
    level = 0.8 * room / text_width(texts)
    if level >= _LEVEL:
        return min(level, _LARGEST), False, 1
    upright = room / _UPRIGHT
    return min(max(upright, _LEAST), _LARGEST), True, max(1, int(np.ceil(_LEAST / upright)))


def label_columns(
    figure: Figure, axis: Any, centres: ArrayLike, texts: Sequence[str], *, room: float, top: bool = False
) -> None:
    """Writes a text below each column of a mosaic, or above it, and makes the figure higher by as much.

    Args:
        figure: the figure.
        axis: its axes.
        centres: [columns], in pixels.
        texts: [columns].
        room: the width of one column, in inches.
        top: above rather than below.
    """
    size, upright, step = fitted(texts, room)
    axis.set_xticks(np.asarray(centres)[::step], texts[::step], fontsize=size, rotation=90 if upright else 0)
    axis.tick_params(axis="x", length=0, labeltop=top, labelbottom=not top)
    if top:
        figure.set_layout_engine("compressed", h_pad=0.1)  # from the title
    lines = 1 + max(text.count("\n") for text in texts)
    figure.set_figheight(figure.get_figheight() + size / 72 * (text_width(texts) if upright else _LINE * lines) + 0.1)


def label_rows(figure: Figure, axis: Any, centres: ArrayLike, texts: Sequence[str], *, room: float) -> None:
    """Writes a text to the left of each row of a mosaic, and makes the figure wider by as much.

    Args:
        figure: the figure.
        axis: its axes.
        centres: [rows], in pixels.
        texts: [rows].
        room: the height of one row, in inches.
    """
    fits = room * 72 / _LINE
    size, step = min(max(fits, _LEAST), _LARGEST), max(1, int(np.ceil(_LEAST / fits)))
    axis.set_yticks(np.asarray(centres)[::step], texts[::step], fontsize=size)
    axis.tick_params(axis="y", length=0)
    figure.set_figwidth(figure.get_figwidth() + size / 72 * text_width(texts) + 0.1)


def whole_steps(axis: Any) -> None:
    """Puts ticks of the horizontal axis at whole numbers, and at one alone where there is but one."""
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
