"""Draws together with their log-density."""

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.bijectors import Flow
from tfgen.noise import Noise, draw

__all__ = ["draw_and_log_prob"]


def draw_and_log_prob(distribution: tfd.Distribution, noise: Noise) -> tuple[tf.Tensor, tf.Tensor]:
    """A draw y for each seed row, and log p(y); of a flow from one pass, and that forward only.

    With y = f(ε), log p(y) = log p_base(ε) − log |det ∂f/∂ε|. An inverse autoregressive flow would need a pass for each
    entry to find ε again.

    Args:
        distribution: of batch shape [] or [batch].
        noise: the rows' noise.

    Returns:
        [batch, *event_shape], and [batch] in nats.
    """
    if isinstance(distribution, Flow):
        base = draw(distribution.distribution, noise)
        value, log_det = distribution.bijector.forward_and_log_det(base)
        return value, distribution.distribution.log_prob(base) - log_det
    value = draw(distribution, noise)
    return value, distribution.log_prob(value)
