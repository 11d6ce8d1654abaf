"""Draws of scalar families by the inverse of their distribution function."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow_probability import bijectors as tfb
from tensorflow_probability import distributions as tfd

from tfgen.noise.noise import Noise

__all__ = ["invert"]

_MISSING = (NotImplementedError, AttributeError)
_HALVINGS = 64


def invert(distribution: tfd.Distribution, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    """The quantile of a uniform: TFP's own, or else found by bisection on the distribution function.

    Bisection is made in the unconstrained numbers that TFP's event space bijector maps to the support, down to
    neighbouring numbers of the family's dtype; where a family has none it is one of whole numbers.

    Args:
        distribution: a family of scalars.
        noise: the rows' noise.
        shape: one row's shape.

    Returns:
        [batch, *shape].

    Raises:
        TypeError: where the family has neither, naming it.
    """
    dtype = distribution.dtype if distribution.dtype.is_floating else tf.float32
    uniform = noise.uniform(shape, dtype)
    if distribution.event_shape.rank == 0:
        try:
            return tf.cast(distribution.quantile(uniform), distribution.dtype)
        except _MISSING:
            pass
        try:
            return _bisect(distribution, uniform)
        except _MISSING:
            pass
    raise TypeError(
        f"tfgen cannot sample tfd.{type(distribution).__name__} from noise. "
        "Register a handler with `tfgen.noise.register_draw`, or choose another family."
    )


def _bisect(distribution: tfd.Distribution, uniform: tf.Tensor) -> tf.Tensor:
    try:
        bijector: Any = distribution.experimental_default_event_space_bijector()
    except _MISSING:
        bijector = tfb.Identity()
    whole = bijector is None
    one = tf.ones_like(uniform)
    # Bijectors onto a support may fall.
    sign = one if whole else tf.where(bijector.forward(one) >= bijector.forward(-one), one, -one)

    def value(free: tf.Tensor) -> tf.Tensor:
        return tf.cast(free if whole else bijector.forward(sign * free), distribution.dtype)

    def reached(free: tf.Tensor) -> tf.Tensor:
        return tf.cast(distribution.cdf(value(free)), uniform.dtype) >= uniform

    reached(tf.zeros_like(uniform))  # a family without a cdf says so here, not inside a loop
    low, high = _bracket(reached, uniform)
    return value(_halve(reached, low, high, whole=whole))


def _bracket(reached: Callable[[tf.Tensor], tf.Tensor], uniform: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Numbers below and at or above each quantile, by doubling from −1 and 1."""
    limit = 126 if uniform.dtype == tf.float32 else 1022

    def double_low(low: tf.Tensor) -> tuple[tf.Tensor]:
        return (tf.where(reached(low), 2 * low, low),)

    def double_high(high: tf.Tensor) -> tuple[tf.Tensor]:
        return (tf.where(reached(high), high, 2 * high),)

    one = tf.ones_like(uniform)
    (low,) = tf.while_loop(lambda low: tf.reduce_any(reached(low)), double_low, (-one,), maximum_iterations=limit)
    (high,) = tf.while_loop(lambda high: tf.reduce_any(~reached(high)), double_high, (one,), maximum_iterations=limit)
    return tf.stop_gradient(low), tf.stop_gradient(high)


def _halve(reached: Callable[[tf.Tensor], tf.Tensor], low: tf.Tensor, high: tf.Tensor, *, whole: bool) -> tf.Tensor:
    """The least number that reaches the quantile. An element that is done does not change while others go on."""

    def middle(low: tf.Tensor, high: tf.Tensor) -> tf.Tensor:
        half = 0.5 * low + 0.5 * high
        return tf.floor(half) if whole else half

    def unfinished(low: tf.Tensor, high: tf.Tensor) -> tf.Tensor:
        half = middle(low, high)
        return tf.reduce_any((half > low) & (half < high))

    def step(low: tf.Tensor, high: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        half = middle(low, high)
        above = reached(half)
        return tf.where(above, low, half), tf.where(above, half, high)

    _, found = tf.while_loop(unfinished, step, (low, high), maximum_iterations=_HALVINGS)
    return tf.stop_gradient(found)
