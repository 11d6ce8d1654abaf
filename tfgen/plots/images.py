"""Pictures of images: many of them drawn as one mosaic, which stays fast for hundreds."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from tfgen.plots.arguments import checked_count, checked_images, checked_range

__all__ = [
    "draw_mosaic",
    "image_grid",
    "interpolation",
    "joined",
    "mosaic",
    "own_range",
    "pixel_inches",
    "reconstructions",
    "shaded",
    "thin_gap",
]

Images = NDArray[np.float64]

_PAIRS_IN_A_ROW = 12
_BETWEEN = (0.60, 0.68, 0.78)  # no shade of grey: neither black nor white strokes that reach an edge run into it


def shaded(images: Images, limits: tuple[float, float] | None = None) -> Images:
    """Values as brightness, 0 black and 1 full: clip((images − low) / (high − low), 0, 1).

    Args:
        images: any shape.
        limits: low and high. By default low is 0, or the least value where that is negative, and high the greatest
            value, so that black stays black whatever else is in the picture.

    Returns:
        The images within [0, 1].

    Raises:
        ValueError: where `limits` are not two finite numbers in ascending order.

    Example:
        >>> shaded(np.array([1.0, 2.0, 4.0])).tolist()
        [0.25, 0.5, 1.0]
    """
    low, high = own_range(images) if limits is None else checked_range("limits", limits)
    return np.clip((images - low) / (high - low), 0.0, 1.0)


def own_range(images: Images) -> tuple[float, float]:
    """From 0, or the least value where that is negative, to the greatest; never empty."""
    low, high = min(0.0, float(images.min())), float(images.max())
    return low, high if high > low else low + 1.0


def mosaic(tiles: Images, columns: int, *, gaps: tuple[int, int]) -> Images:
    """Tiles row by row in one RGB image; the gaps and what the last row leaves over are greyish blue.

    Args:
        tiles: [n, h, w, 1 or 3], within [0, 1].
        columns: tiles in a row.
        gaps: pixels between rows, and between columns.

    Returns:
        [rows·(h + gap) − gap, columns·(w + gap) − gap, 3], with rows = ⌈n / columns⌉.

    Example:
        >>> mosaic(np.zeros((3, 4, 5, 1)), 2, gaps=(1, 2)).shape
        (9, 12, 3)
    """
    n, height, width, _ = tiles.shape
    rows = -(-n // columns)
    cells = np.full((rows * columns, height + gaps[0], width + gaps[1], 3), _BETWEEN)
    cells[:n, :height, :width] = tiles
    whole = cells.reshape(rows, columns, *cells.shape[1:]).swapaxes(1, 2)
    whole = whole.reshape(rows * cells.shape[1], columns * cells.shape[2], 3)
    return whole[: len(whole) - gaps[0], : whole.shape[1] - gaps[1]]


def joined(parts: Sequence[Images], *, axis: int, gaps: Sequence[int]) -> Images:
    """Several images made one tile, for a mosaic of pairs or of rows; the gaps are greyish blue.

    Args:
        parts: each [n, h, w, 1 or 3], within [0, 1].
        axis: 1 puts them one above the other, 2 from left to right.
        gaps: pixels after each part, the last among them.

    Returns:
        [n, h', w', 3], along `axis` the sum of all parts and gaps.

    Example:
        >>> joined([np.zeros((7, 4, 5, 1))] * 3, axis=2, gaps=[2, 1, 0]).shape
        (7, 4, 18, 3)
    """
    pieces = []
    for part, gap in zip(parts, gaps, strict=True):
        size = list(part.shape[:-1])
        pieces.append(np.broadcast_to(part, (*size, 3)))
        size[axis] = gap
        pieces.append(np.broadcast_to(_BETWEEN, (*size, 3)))
    return np.concatenate(pieces, axis=axis)


def thin_gap(images: Images) -> int:
    """Pixels between two images [..., h, w, c] of a mosaic: one for small images, in proportion for large."""
    return max(1, max(images.shape[-3:-1]) // 28)


def pixel_inches(whole: Images, columns: int) -> float:
    """The side of one pixel of a mosaic [height, width, 3] as `draw_mosaic` draws it, in inches."""
    height, width, _ = whole.shape
    inch = 0.7 * columns / width
    inch *= max(1.0, 3.5 / (inch * max(height, width)))
    return inch * min(1.0, 9.0 / (inch * max(height, width)))


def draw_mosaic(whole: Images, columns: int, *, title: str) -> tuple[Figure, Any]:
    """A figure that fits a mosaic, with neither ticks nor frame.

    Args:
        whole: [height, width, 3], within [0, 1].
        columns: tiles in a row, from which the size in inches follows.
        title: over all.

    Returns:
        The figure and its axes, with one unit a pixel, whose centres are whole numbers.
    """
    height, width, _ = whole.shape
    inch = pixel_inches(whole, columns)
    # Room for a title over narrow mosaics, and above all of them.
    size = (max(inch * width, 4.0) + 0.2, max(inch * height, 0.3) + (0.5 if title else 0.2))
    figure = Figure(figsize=size, layout="compressed")
    axis = figure.subplots()
    axis.imshow(whole)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
    figure.suptitle(title, wrap=True)
    return figure, axis


def image_grid(
    images: ArrayLike, *, columns: int | None = None, title: str = "", limits: tuple[float, float] | None = None
) -> Figure:
    """Images row by row, such as a model's samples.

    Args:
        images: [n, h, w, c] with c 1 (grey) or 3 (RGB), or [n, h, w] in grey.
        columns: images in a row; by default ⌈√n⌉, a nearly square grid.
        title: over all.
        limits: the values drawn black and white; beyond them values are clipped. By default from 0, or the least
            value where that is negative, to the greatest.

    Returns:
        The figure.

    Raises:
        ValueError: where an argument does not fit, or an image is not finite.

    Example:
        >>> figure = image_grid(np.eye(8)[None].repeat(6, axis=0), title="six diagonals")
        >>> figure.axes[0].images[0].get_array().shape  # two rows of three, a pixel apart
        (17, 26, 3)
    """
    tiles = shaded(checked_images("images", images), limits)
    if columns is None:
        columns = int(np.ceil(np.sqrt(len(tiles))))
    columns = min(checked_count("columns", columns), len(tiles))
    gap = thin_gap(tiles)
    return draw_mosaic(mosaic(tiles, columns, gaps=(gap, gap)), columns, title=title)[0]


def reconstructions(
    x: ArrayLike, reconstructed: ArrayLike, *, title: str = "", limits: tuple[float, float] | None = None
) -> Figure:
    """Images, each above its reconstruction, in rows of at most twelve pairs.

    Args:
        x: [n, h, w, c] with c 1 (grey) or 3 (RGB), or [n, h, w] in grey.
        reconstructed: the same shape, a model's.
        title: over all.
        limits: the values drawn black and white; beyond them values are clipped. By default from 0, or the least
            value of `x` where that is negative, to the greatest value of `x`: what a model reconstructs does not
            change how the data look.

    Returns:
        The figure.

    Raises:
        ValueError: where an argument does not fit, or an image is not finite.

    Example:
        >>> figure = reconstructions(np.ones((5, 8, 8)), np.zeros((5, 8, 8)))
        >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
        ['data', 'reconstruction']
    """
    above, below = checked_images("x", x), checked_images("reconstructed", reconstructed)
    if above.shape != below.shape:
        raise ValueError(
            f"`reconstructed` must have the shape of `x`, {np.shape(x)}. Received: shape={np.shape(reconstructed)}"
        )
    n, height, *_ = above.shape
    if limits is None:
        limits = own_range(above)
    gap = thin_gap(above)
    pairs = joined([shaded(above, limits), shaded(below, limits)], axis=1, gaps=[gap, 0])
    rows = -(-n // _PAIRS_IN_A_ROW)
    columns = -(-n // rows)
    apart = max(4 * gap, height // 4)  # far enough for the eye to see what belongs together
    figure, axis = draw_mosaic(mosaic(pairs, columns, gaps=(apart, gap)), columns, title=title)
    tops = np.arange(rows)[:, None] * (pairs.shape[1] + apart) + [0, height + gap]
    axis.set_yticks((tops + (height - 1) / 2).ravel(), ["data", "reconstruction"] * rows)
    axis.tick_params(length=0)
    figure.set_figwidth(figure.get_figwidth() + 1.1)  # the labels' room
    return figure


def interpolation(images: ArrayLike, *, title: str = "", limits: tuple[float, float] | None = None) -> Figure:
    """Ways from one image to another, each a row from left to right.

    Args:
        images: [steps, rows, h, w, c] with c 1 (grey) or 3 (RGB), or [steps, rows, h, w] in grey; at least two steps.
        title: over all.
        limits: the values drawn black and white; beyond them values are clipped. By default from 0, or the least
            value where that is negative, to the greatest.

    Returns:
        The figure.

    Raises:
        ValueError: where an argument does not fit, or an image is not finite.

    Example:
        >>> steps = np.linspace(0, 1, 7)[:, None, None, None] * np.eye(8)  # [7, 1, 8, 8]
        >>> interpolation(steps).axes[0].images[0].get_array().shape
        (8, 62, 3)
    """
    tiles = checked_images("images", images, leading=("steps", "rows"))
    steps = len(tiles)
    if steps < 2:
        raise ValueError(f"`images` must have at least two steps. Received: shape={np.shape(images)}")
    tiles = shaded(tiles.swapaxes(0, 1).reshape(-1, *tiles.shape[2:]), limits)
    gap = thin_gap(tiles)
    return draw_mosaic(mosaic(tiles, steps, gaps=(gap, gap)), steps, title=title)[0]
