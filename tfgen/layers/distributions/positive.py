"""From unconstrained numbers to scales."""

import math

import tensorflow as tf

__all__ = ["MIN_SCALE", "checked_minimum", "positive"]

MIN_SCALE = 1e-3
"""The least standard deviation that layers allow unless told otherwise, in the units of x."""

_SHIFT = math.log(math.e - 1.0)


def positive(unconstrained: tf.Tensor, minimum: float) -> tf.Tensor:
    """softplus(u + ln(e − 1)) + minimum, which is 1 + minimum at u = 0: a new layer begins at unit scale.

    Example:
        >>> float(positive(tf.constant(0.0), 0.5))
        1.5
    """
    return tf.math.softplus(unconstrained + _SHIFT) + minimum


def checked_minimum(min_scale: float) -> float:
    """The argument `min_scale`, refused where it is negative: densities would be NaN."""
    if not min_scale >= 0:
        raise ValueError(f"`min_scale` must be at least 0. Received: min_scale={min_scale}")
    return float(min_scale)
