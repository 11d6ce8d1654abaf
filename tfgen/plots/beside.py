"""Pictures of images with others beside each of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from tfgen.plots.arguments import checked_images, checked_names, checked_numbers
from tfgen.plots.images import draw_mosaic, joined, mosaic, own_range, pixel_inches, shaded, thin_gap
from tfgen.plots.labels import label_columns, text_width

__all__ = ["analogies", "nearest_neighbours"]


def analogies(
    originals: ArrayLike,
    decoded: ArrayLike,
    *,
    class_names: Sequence[str] | None = None,
    title: str = "",
    limits: tuple[float, float] | None = None,
) -> Figure:
    """Images in the first column, and to the right of each the same style in every class.

    Args:
        originals: [n, h, w, c] with c 1 (grey) or 3 (RGB), or [n, h, w] in grey.
        decoded: [classes, n, h, w, c], or [classes, n, h, w] in grey: what a semi-supervised model decodes from each
            original's style and each class.
        class_names: of the classes; by default their numbers.
        title: over all.
        limits: the values drawn black and white; beyond them values are clipped. By default from 0, or the least
            value of `originals` where that is negative, to the greatest value of `originals`.

    Returns:
        The figure, with the classes' names over its columns.

    Raises:
        ValueError: where an argument does not fit, or an image is not finite.

    Source: Kingma et al., Semi-supervised learning with deep generative models (2014), figure 1b.

    Example:
        >>> figure = analogies(np.ones((5, 8, 8)), np.ones((2, 5, 8, 8)), class_names=["cat", "dog"])
        >>> [label.get_text() for label in figure.axes[0].get_xticklabels()]
        ['original', 'cat', 'dog']
    """
    first = checked_images("originals", originals)
    others = checked_images("decoded", decoded, leading=("classes", "n"))
    if others.shape[1:] != first.shape:
        raise ValueError(
            f"`decoded` must hold images of the shape of `originals`, {np.shape(originals)}, in [classes, …]. "
            f"Received: shape={np.shape(decoded)}"
        )
    names = checked_names("class_names", class_names, len(others), each="class of `decoded`")
    limits = own_range(first) if limits is None else limits
    return _draw(shaded(first, limits), shaded(others, limits), ["original", *names], title=title)


def nearest_neighbours(
    samples: ArrayLike,
    neighbours: ArrayLike,
    *,
    distances: ArrayLike | None = None,
    title: str = "",
    limits: tuple[float, float] | None = None,
) -> Figure:
    """Samples, and to the right of each the training images next to it: whether a model has learnt them by heart.

    `judging.nearest_neighbours(samples, data)` finds them: the neighbours are `data[found.index]`, the distances
    `found.distance`.

    Args:
        samples: [n, h, w, c] with c 1 (grey) or 3 (RGB), or [n, h, w] in grey: a model's.
        neighbours: [n, count, h, w, c], or [n, count, h, w] in grey: from the training data, the nearest first.
        distances: [n, count] of the neighbours, written below them.
        title: over all.
        limits: the values drawn black and white; beyond them values are clipped. By default from 0, or the least
            value of `neighbours` where that is negative, to the greatest value of `neighbours`: the data's range.

    Returns:
        The figure, of several samples a row where that makes it more nearly square.

    Raises:
        ValueError: where an argument does not fit, an image is not finite, or distances descend.

    Example:
        >>> figure = nearest_neighbours(np.ones((2, 8, 8)), np.ones((2, 3, 8, 8)))
        >>> [label.get_text() for label in figure.axes[0].get_xticklabels()]
        ['sample', 'nearest', '2nd', '3rd']
    """
    first = checked_images("samples", samples)
    others = checked_images("neighbours", neighbours, leading=("n", "count"))
    if (len(others), *others.shape[2:]) != first.shape:
        raise ValueError(
            f"`neighbours` must hold images of the shape of `samples`, {np.shape(samples)}, in [n, count, …]. "
            f"Received: shape={np.shape(neighbours)}"
        )
    far = None if distances is None else checked_numbers("distances", distances)
    if far is not None:
        if far.shape != others.shape[:2]:
            raise ValueError(f"`distances` must have shape {others.shape[:2]}. Received: shape={far.shape}")
        if (np.diff(far) < 0).any():
            wrong = int((np.diff(far) < 0).any(axis=1).argmax())
            raise ValueError(f"`distances` must not descend in a row. Received: distances[{wrong}]={far[wrong]}")
    count = others.shape[1]
    blocks = max(1, round(np.sqrt(len(first) / (count + 1))))
    heads = ["sample", "nearest", *(_ordinal(place) for place in range(2, count + 1))]
    limits = own_range(others) if limits is None else limits
    tiles = shaded(others.swapaxes(0, 1), limits)
    return _draw(shaded(first, limits), tiles, heads, blocks=blocks, distances=far, title=title)


def _draw(
    first: NDArray[np.float64],
    others: NDArray[np.float64],
    heads: list[str],
    *,
    title: str,
    blocks: int = 1,
    distances: NDArray[np.float64] | None = None,
) -> Figure:
    """Images [n, h, w, c], each with its others [count, n, h, w, c] to the right; `blocks` such rows beside each other.

    A wide gap parts the first image from its others, a wider one each block from the next.
    """
    n, height, width, _ = first.shape
    count = len(others)
    gap = thin_gap(first)
    wide, apart = max(3 * gap, width // 4), max(6 * gap, width // 2)
    below = 0 if distances is None else -(-3 * width // 10)  # room for a line of text
    tiles = joined([first, *others], axis=2, gaps=[wide, *[gap] * (count - 1), 0])
    tiles = joined([tiles], axis=1, gaps=[below])
    whole = mosaic(tiles, blocks, gaps=(gap, apart))
    columns = blocks * (count + 1)
    figure, axis = draw_mosaic(whole, columns, title=title)
    inch = pixel_inches(whole, columns)
    lefts = np.array([0, *(width + wide + np.arange(count) * (width + gap))]) + (width - 1) / 2
    centres = lefts + np.arange(blocks)[:, None] * (tiles.shape[2] + apart)
    label_columns(figure, axis, centres.ravel(), heads * len(centres), room=inch * (width + gap), top=True)
    if distances is not None:
        tops = np.arange(n) // blocks * (tiles.shape[1] + gap) + height - 0.5
        _write_distances(axis, distances, centres[np.arange(n) % blocks, 1:], tops + below / 2, inch * width)
    return figure


def _write_distances(
    axis: Any, distances: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], room: float
) -> None:
    """Numbers [n, count] around pixels x [n, count] and y [n], all to the digits that three of the greatest's make."""
    greatest = float(np.abs(distances).max())
    decimals = max(0, 2 - int(np.floor(np.log10(greatest)))) if greatest else 2
    texts = [[f"{distance:.{decimals}f}" for distance in row] for row in distances]
    size = min(8.0, 0.9 * room * 72 / text_width([text for row in texts for text in row]))
    for row, centres, middle in zip(texts, x, y, strict=True):
        for text, centre in zip(row, centres, strict=True):
            axis.text(centre, middle, text, size=size, ha="center", va="center_baseline", clip_on=True)


def _ordinal(place: int) -> str:
    """A place in words as short as they can be: 2nd, 3rd, 11th."""
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"
