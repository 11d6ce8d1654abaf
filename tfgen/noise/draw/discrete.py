"""Draws of families with finitely many values."""

from collections.abc import Sequence

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.distributions import DiscretisedLogistic
from tfgen.noise.draw.continuous import standard_logistic
from tfgen.noise.draw.registry import register_draw
from tfgen.noise.noise import Noise

__all__ = ["pick"]


def pick(logits: tf.Tensor, noise: Noise, shape: Sequence[int]) -> tf.Tensor:
    """Category numbers by inverse CDF: how many cumulative probabilities lie below a uniform.

    Args:
        logits: [..., *shape, categories], log-probabilities up to a constant.
        noise: the rows' noise.
        shape: one row's shape.

    Returns:
        int32 [batch, *shape].
    """
    if logits.shape[-1] == 1:  # ONNX Runtime sums no entries to a wrong shape
        return tf.zeros_like(noise.uniform(shape, logits.dtype), tf.int32)
    probabilities = tf.nn.softmax(logits, axis=-1)
    cumulative = tf.cumsum(probabilities, axis=-1)
    # Over their own sum the last is exactly 1, and so is the one before it where the last category is impossible.
    cumulative = (cumulative / cumulative[..., -1:])[..., :-1]
    uniform = noise.uniform(shape, logits.dtype)[..., tf.newaxis]
    return tf.reduce_sum(tf.cast(uniform > cumulative, tf.int32), axis=-1)


@register_draw(tfd.Bernoulli)
def _bernoulli(distribution: tfd.Bernoulli, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    probs = distribution.probs_parameter()
    return tf.cast(noise.uniform(shape, probs.dtype) < probs, distribution.dtype)


@register_draw(tfd.Categorical)
def _categorical(distribution: tfd.Categorical, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    return tf.cast(pick(distribution.logits_parameter(), noise, shape), distribution.dtype)


@register_draw(DiscretisedLogistic)
def _discretised_logistic(distribution: DiscretisedLogistic, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    # The nearest level, in float64: a last digit that runtimes disagree on must not make another level.
    location, scale = tf.cast(distribution.loc, tf.float64), tf.cast(distribution.scale, tf.float64)
    level = tf.math.ceil(location + scale * standard_logistic(noise, shape) - 0.5)
    return tf.cast(tf.clip_by_value(level, distribution.low, distribution.high), distribution.dtype)
