"""`draw`, and which handler draws which family."""

from collections.abc import Callable
from functools import singledispatch

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.noise.draw.inversion import invert
from tfgen.noise.noise import Noise

__all__ = ["draw", "draw_rows", "register_draw"]


def draw(distribution: tfd.Distribution, noise: Noise) -> tf.Tensor:
    """One draw for each seed row, differentiable where the family is reparameterised.

    A draw is a deterministic function of the distribution's parameters and of the noise: row i depends on
    seed row i and on the parameters of batch member i only. TFP's own samplers are not used, since the same
    seed gives other numbers under XLA.

    Families have handlers. One of scalars that has none is drawn by its `quantile`, or else by bisection on its
    `cdf`, where TFP gives one; a draw by bisection has no gradient.

    Args:
        distribution: batch shape [] (every row draws from the same) or [batch], one member for each seed row.
        noise: the rows' noise.

    Returns:
        [batch, *event_shape].

    Raises:
        TypeError: for a family that has neither a handler nor a quantile nor a cdf, naming it.
        ValueError: where the batch shape has a rank over one.

    Example:
        >>> noise = Noise(tf.constant([[0, 0], [0, 1], [0, 2]]))
        >>> draw(tfd.Normal([0.0, 10.0, 20.0], 0.1), noise).shape.as_list()
        [3]
    """
    if distribution.batch_shape.rank is None or distribution.batch_shape.rank > 1:
        raise ValueError(
            f"`distribution` must have batch shape [] or [batch]. Received: batch_shape={distribution.batch_shape}"
        )
    return draw_rows(distribution, noise, tuple(distribution.event_shape.as_list()))


@singledispatch
def draw_rows(distribution: tfd.Distribution, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    """Draws rows of `shape`: the part of batch and event shape that lies inside one row."""
    return invert(distribution, noise, shape)


def register_draw(family: type) -> Callable:
    """Registers `handler(distribution, noise, row_shape) -> [batch, *row_shape]` for a TFP family."""
    return draw_rows.register(family)
