"""How layers take from data what these set: in the order in which data pass, on the host, a few rows at a time."""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfgen.layers.bijectors.base import BijectorLayer

__all__ = ["Rows", "adapt_in_order", "ends", "moments"]

_MOST = 2048
"""How many rows set what is not next to the data: enough for means and variances, and few enough for any network."""

_NUMBERS_AT_ONCE = 2**18
"""How many numbers pass a layer at once, in 256 rows at least: many vectors, and few images."""


@dataclasses.dataclass(frozen=True)
class Rows:
    """Data on their way through a flow.

    Args:
        x: [rows, *event].
        context: [rows, *context], or None.
        sample_weight: [rows], how often each row counts; None is once.
    """

    x: Any
    context: Any = None
    sample_weight: Any = None

    def named(self) -> dict[str, Any]:
        """As arguments of `BijectorLayer.adapt`."""
        return {"x": self.x, "context": self.context, "sample_weight": self.sample_weight}

    def thinned(self) -> "Rows":
        """At most 2048 of the rows that count, evenly spaced: the same ones each time."""
        count = len(self.x)
        if count <= _MOST:
            return self
        counted = np.arange(count)
        if self.sample_weight is not None and np.count_nonzero(self.sample_weight) > 1:
            counted = np.flatnonzero(np.asarray(self.sample_weight).reshape(-1))
        chosen = counted[np.arange(_MOST) * len(counted) // _MOST] if len(counted) > _MOST else counted
        parts = [None if part is None else np.asarray(part)[chosen] for part in (self.x, self.context)]
        weight = None if self.sample_weight is None else np.asarray(self.sample_weight).reshape(-1)[chosen]
        return Rows(parts[0], parts[1], weight)

    def through(self, layer: BijectorLayer) -> "Rows":
        """The rows as the next layer sees them."""
        passed = []
        for part in _blocks(len(self.x), max(256, _NUMBERS_AT_ONCE // math.prod(layer.event_shape))):
            x = tf.convert_to_tensor(self.x[part], layer.density_dtype)
            arguments = () if self.context is None else (tf.convert_to_tensor(self.context[part]),)
            passed.append(layer(*arguments).inverse_and_log_det(x)[0].numpy())
        return dataclasses.replace(self, x=np.concatenate(passed))


def adapt_in_order(layers: Sequence[BijectorLayer], rows: Rows) -> None:
    """Lets each layer take from data what it needs, as they come to it, and the data pass none after the last such.

    The first layer that takes something sees all rows, those after it at most 2048 of them.

    Args:
        layers: from the data on.
        rows: the data.

    Raises:
        ValueError: as the layers' `adapt`.
    """
    waiting = [index for index, layer in enumerate(layers) if layer.is_data_dependent]
    for index, layer in enumerate(layers[: waiting[-1] + 1] if waiting else ()):
        if index in waiting:
            layer.adapt(**rows.named())
            rows = rows.thinned()
        if index < waiting[-1]:
            rows = rows.through(layer)


def moments(values: NDArray[Any], weight: Any = None) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Mean, standard deviation and root mean square of each entry of the last axis, over all others.

    In float64, a block of rows at a time: images in single precision are not copied whole.

    Args:
        values: [rows, ..., size].
        weight: [rows], how often each row counts; None is once.

    Returns:
        Three arrays [size].

    Raises:
        ValueError: where no row counts.
    """
    counts = np.ones(len(values)) if weight is None else np.asarray(weight, np.float64).reshape(-1)
    total = counts.sum()
    if not total > 0:
        raise ValueError(f"`sample_weight` must not be zero for all rows. Received: a sum of {total}")
    blocks = list(_blocks(len(values), 4096))
    vectors = values.reshape(len(values), -1, values.shape[-1])

    def mean_of_squares(centre: NDArray[Any]) -> NDArray[Any]:
        parts = [counts[rows] @ np.mean((vectors[rows] - centre) ** 2, axis=1) for rows in blocks]
        return np.sum(parts, axis=0) / total

    mean = np.sum([counts[rows] @ vectors[rows].mean(axis=1, dtype=np.float64) for rows in blocks], axis=0) / total
    return mean, np.sqrt(mean_of_squares(mean)), np.sqrt(mean_of_squares(np.zeros_like(mean)))


def ends(values: NDArray[Any], weight: Any = None) -> tuple[NDArray[Any], NDArray[Any]]:
    """The least and the largest value of each entry of the last axis, over all others, of the rows that count.

    Args:
        values: [rows, ..., size].
        weight: [rows], how often each row counts; None is once.

    Returns:
        Two arrays [size].
    """
    if weight is not None:
        values = values[np.asarray(weight).reshape(-1) > 0]
    vectors = values.reshape(-1, values.shape[-1])
    return vectors.min(axis=0), vectors.max(axis=0)


def _blocks(count: int, size: int) -> Iterator[slice]:
    """Slices that hold so many rows together."""
    return (slice(start, start + size) for start in range(0, count, size))
