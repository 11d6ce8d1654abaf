"""Pictures of what single latent dimensions do."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from tfgen.plots.arguments import Decode, checked_names, checked_numbers, decoded_images
from tfgen.plots.images import draw_mosaic, mosaic, pixel_inches, shaded, thin_gap
from tfgen.plots.labels import label_columns, label_rows

__all__ = ["latent_traversals"]


def latent_traversals(
    decode: Decode,
    z: ArrayLike,
    *,
    dimensions: Sequence[int] | None = None,
    values: ArrayLike | None = None,
    title: str = "",
    limits: tuple[float, float] | None = None,
    names: Sequence[str] | None = None,
) -> Figure:
    """What a latent vector decodes to while one of its entries runs through some values, a row for each entry.

    In the image of row r and column c, entry dimensions[r] of z is values[c]; all others are z's own. A row whose
    images are all alike belongs to a dimension that the decoder does not use.

    Args:
        decode: from z [rows·columns, latent_dim] float32 to images [rows·columns, h, w, c] with c 1 (grey) or 3 (RGB),
            or [rows·columns, h, w] in grey; called once.
        z: [latent_dim], such as the code of one image, or zeros for the prior's mean.
        dimensions: the entries to change, from top to bottom; by default all.
        values: [columns], from left to right; by default nine from −3 to 3, most of what a standard normal prior
            covers.
        title: over all.
        limits: the values drawn black and white; beyond them values are clipped. By default from 0, or the least
            value where that is negative, to the greatest.
        names: [latent_dim], written after the numbers of the dimensions, such as the KL of each.

    Returns:
        The figure, with values and dimensions at the ticks.

    Raises:
        ValueError: where an argument, or what `decode` returns, does not fit.

    Source: Higgins et al., β-VAE (2017), figure 1.

    Example:
        >>> figure = latent_traversals(lambda z: z[:, None] * np.ones((1, 4, 1)), np.zeros(4), dimensions=[3, 1])
        >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
        ['3', '1']
    """
    base = checked_numbers("z", z)
    if base.ndim != 1:
        raise ValueError(f"`z` must be one vector, of shape [latent_dim]. Received: shape={base.shape}")
    size = len(base)
    rows = np.arange(size) if dimensions is None else np.asarray(dimensions)
    if rows.ndim != 1 or rows.dtype.kind not in "iu" or not rows.size or rows.min() < 0 or rows.max() >= size:
        raise ValueError(
            f"`dimensions` must be integers from 0 to {size - 1}, the entries of `z`. "
            f"Received: dimensions={dimensions!r}"
        )
    steps = checked_numbers("values", np.linspace(-3, 3, 9) if values is None else values)
    if steps.ndim != 1:
        raise ValueError(f"`values` must have shape [columns]. Received: shape={steps.shape}")
    texts = [str(row) for row in rows]
    if names is not None:
        known = checked_names("names", names, size, each="entry of `z`")
        texts = [f"{row}: {known[row]}" for row in rows]
    count, columns = len(rows), len(steps)
    grid = np.tile(base.astype(np.float32), (count, columns, 1))
    grid[np.arange(count)[:, None], np.arange(columns), rows[:, None]] = steps
    images = decoded_images(decode, grid.reshape(-1, size))
    gap = thin_gap(images)
    whole = mosaic(shaded(images, limits), columns, gaps=(gap, gap))
    figure, axis = draw_mosaic(whole, columns, title=title)
    height, width = images.shape[1] + gap, images.shape[2] + gap
    inch = pixel_inches(whole, columns)
    # Rounding and adding 0 make "0" of what a ladder of steps holds in its place, "1e-16" or "-0".
    numbers = [f"{value:.3g}" for value in steps.round(6) + 0.0]
    label_columns(figure, axis, np.arange(columns) * width + (width - gap - 1) / 2, numbers, room=inch * width)
    label_rows(figure, axis, np.arange(count) * height + (height - gap - 1) / 2, texts, room=inch * height)
    axis.set_xlabel("value of the dimension")
    if inch * len(whole) > 1.4:
        axis.set_ylabel("latent dimension")
    else:  # upright it would be longer than the rows are high
        axis.set_ylabel("latent\ndimension", rotation=0, ha="right", va="center")
        figure.set_figwidth(figure.get_figwidth() + 0.6)
    figure.set_size_inches(figure.get_figwidth() + 0.25, figure.get_figheight() + 0.25)  # the axes' labels
    return figure
