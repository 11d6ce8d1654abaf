"""The values that an event may hold."""

import dataclasses
import math

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

__all__ = ["Support"]

_PIECE = 1 << 16


@dataclasses.dataclass(frozen=True, kw_only=True)
class Support:
    """An interval of real numbers, or the integers in it.

    A likelihood of pixels between 0 and 1 under a Bernoulli, or of 256 grey levels under one that ends at 16, is a
    number like any other and means nothing: models check their data by this.

    Attributes:
        low: the least value.
        high: the greatest value.
        integer: whether only whole numbers are events.

    Example:
        >>> Support(low=0, high=1, integer=True).words
        'whole numbers from 0 to 1'
    """

    low: float = -math.inf
    high: float = math.inf
    integer: bool = False

    @property
    def levels(self) -> int | None:
        """How many values there are, where they can be counted: such data are quantised."""
        return int(self.high - self.low) + 1 if self.integer and math.isfinite(self.high - self.low) else None

    @property
    def words(self) -> str:
        """The support in words."""
        kind = "whole numbers" if self.integer else "numbers"
        if math.isinf(self.low) and math.isinf(self.high):
            return kind
        if math.isinf(self.high):
            return f"{kind} of at least {self.low:g}"
        if math.isinf(self.low):
            return f"{kind} of at most {self.high:g}"
        return f"{kind} from {self.low:g} to {self.high:g}"

    @property
    def everything(self) -> bool:
        """Whether all real numbers are events."""
        return not self.integer and math.isinf(self.low) and math.isinf(self.high)

    def first_outside(self, values: NDArray) -> tuple[int, ...] | None:
        """The index of the first value that is no event, or None where all are.

        Args:
            values: finite numbers of any shape.
        """
        flat = values.reshape(-1)
        # Piece by piece, each within the processor's cache: a data set of images is looked at before every `fit`.
        for start in range(0, flat.size, _PIECE):
            piece = flat[start : start + _PIECE]
            outside = (piece < self.low) | (piece > self.high)
            if self.integer and piece.dtype.kind == "f":
                outside |= piece != np.rint(piece)
            if outside.any():
                return tuple(int(i) for i in np.unravel_index(start + int(outside.argmax()), values.shape))
        return None

    def holds(self, values: tf.Tensor) -> tf.Tensor:
        """Whether all values are events: a scalar, in a graph."""
        wide = tf.cast(values, tf.float64)
        inside = (wide >= self.low) & (wide <= self.high)
        if self.integer:
            inside &= wide == tf.round(wide)
        return tf.reduce_all(inside)
