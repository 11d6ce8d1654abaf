"""The values that an event may hold."""

import dataclasses
import math
from typing import Any

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
        open_ends: whether the ends themselves are none. Values are then compared as the model reads them, in
            `precision`: what rounds to an end is no event either.
        precision: `"float32"` or `"float64"`; of open ends only.

    Example:
        >>> Support(low=0, high=1, integer=True).words
        'whole numbers from 0 to 1'
        >>> Support(low=0, open_ends=True).first_outside(np.array([0.5, 1e-60]))  # float32 has no number so small
        (1,)
    """

    low: float = -math.inf
    high: float = math.inf
    integer: bool = False
    open_ends: bool = False
    precision: str = "float32"

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
            return f"{kind} {'greater than' if self.open_ends else 'of at least'} {self.low:g}"
        if math.isinf(self.low):
            return f"{kind} {'less than' if self.open_ends else 'of at most'} {self.high:g}"
        if self.open_ends:
            return f"{kind} between {self.low:g} and {self.high:g}, the ends excluded"
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
            outside = self._not_between(piece) if self.open_ends else (piece < self.low) | (piece > self.high)
            if self.integer and piece.dtype.kind == "f":
                outside |= piece != np.rint(piece)
            if outside.any():
                return tuple(int(i) for i in np.unravel_index(start + int(outside.argmax()), values.shape))
        return None

    def holds(self, values: tf.Tensor) -> tf.Tensor:
        """Whether all values are events: a scalar, in a graph."""
        wide = tf.cast(values, tf.float64)
        if self.open_ends:
            read = tf.cast(values, self.precision)
            inside = tf.math.is_finite(read)
            for distance in self._distances(read):
                inside &= distance >= self._least
        else:
            inside = (wide >= self.low) & (wide <= self.high)
        if self.integer:
            inside &= wide == tf.round(wide)
        return tf.reduce_all(inside)

    def rounding(self, value: Any) -> str:
        """What a value is rounded to where that matters, in words to follow it; else nothing."""
        if not (self.open_ends and self.low < float(value) < self.high):
            return ""
        with np.errstate(over="ignore"):
            return f", which is {np.dtype(self.precision).type(value)} in {self.precision},"

    @property
    def _least(self) -> float:
        """The least distance from an open end: below it numbers have fewer digits, and processors call them nought."""
        return float(np.finfo(self.precision).tiny)

    def _not_between(self, values: NDArray) -> NDArray:
        with np.errstate(over="ignore"):
            read = values.astype(self.precision)
        inside = np.isfinite(read)
        for distance in self._distances(read):
            inside &= distance >= self._least
        return ~inside

    def _distances(self, values: Any) -> list[Any]:
        """From the ends that are finite."""
        below = [] if math.isinf(self.low) else [values - self.low]
        return below if math.isinf(self.high) else [*below, self.high - values]
