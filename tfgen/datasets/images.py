"""Images in three fixed splits."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

__all__ = ["Images"]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Images:
    """Images in three fixed splits, with their labels beside them.

    Attributes:
        name: The name that `tfgen.datasets.by_name` knows.
        train: ``{"x": float32[n, height, width, channels]}``, of whole numbers from 0 to ``levels - 1``; only
            where `binarisation` is ``"dynamic"``, of intensities in [0, 1], for `dynamic_binarisation`.
        validation: The same key, of whole numbers from 0 to ``levels - 1``.
        test: The same key, of whole numbers from 0 to ``levels - 1``.
        labels: The class of every image, int32[n], by the name of the split.
        levels: How many values a pixel that is modelled can take; 2 for binary images.
        binarisation: How grey values were made binary: ``"threshold"``, ``"static"`` or ``"dynamic"``; None
            where they were not.

    Example:
        >>> from tfgen.datasets import digits
        >>> images = digits()
        >>> images.event_shape, images.levels, images.labels["test"].shape
        ((8, 8, 1), 2, (397,))
    """

    name: str
    train: dict[str, NDArray[np.float32]] = dataclasses.field(repr=False)
    validation: dict[str, NDArray[np.float32]] = dataclasses.field(repr=False)
    test: dict[str, NDArray[np.float32]] = dataclasses.field(repr=False)
    labels: dict[str, NDArray[np.int32]] = dataclasses.field(repr=False)
    levels: int
    binarisation: str | None = None

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Shape of one ``x``: height, width, channels."""
        return self.train["x"].shape[1:]
