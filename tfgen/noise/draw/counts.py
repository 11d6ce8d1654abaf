"""Draws of counts: the probability mass function summed until it reaches a uniform."""

from collections.abc import Callable

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.noise.draw.registry import register_draw
from tfgen.noise.noise import Noise

__all__: list[str] = []

_STEP = 1.0 / 64.0
_LIMIT = 2**14

_Mass = Callable[[tf.Tensor], tf.Tensor]
_Steps = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


def _sum_up(uniform: tf.Tensor, mean: tf.Tensor, spread: tf.Tensor, log_mass: _Mass, steps: _Steps) -> tf.Tensor:
    """The least count whose cumulative probability reaches the uniform, in float64.

    From k₀ = max(0, ⌊mean − 6.5·√spread⌋) the masses of w counts at a time are added, each block by the mass p at its
    middle and the first two differences of log p there, w·p·(1 + (w² − 1)/24·((Δ log p)² + Δ² log p)). There is w = 1,
    so that the sum is exact, unless the mass changes slowly: w²·((Δ log p)² + |Δ² log p|) stays under 1/64², and a
    block's relative error under 1e-9, less than what tells one uniform from the next. So even the widest
    distribution takes a few thousand steps; `_LIMIT` of them is the most.

    Each element has its own start, width and end: what it gives does not depend on the others.

    Args:
        uniform: [batch, *shape].
        mean: the mean.
        spread: such that P(x ≤ mean − t) ≤ exp(−t²/(2·spread)): below k₀ is then less than 2⁻³⁰, where a uniform has 24
            digits. By Chernoff's bound the mean is one for Poisson and binomial, the variance for any sum of jumps up.
        log_mass: log P(k), also between whole numbers.
        steps: Δ log p, from k to k + 1, and Δ² log p.
    """
    start = tf.maximum(tf.floor(mean - 6.5 * tf.sqrt(spread)), 0.0) + tf.zeros_like(uniform)

    def unfinished(count: tf.Tensor, below: tf.Tensor, done: tf.Tensor) -> tf.Tensor:
        return tf.reduce_any(~done)

    def add(count: tf.Tensor, below: tf.Tensor, done: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        slope, curvature = steps(count)
        width = tf.maximum(tf.floor(_STEP * tf.math.rsqrt(slope**2 + tf.abs(curvature) + 1e-18)), 1.0)
        middle = count + 0.5 * (width - 1.0)
        slope, curvature = steps(tf.maximum(middle - 0.5, 0.0))
        bend = (width**2 - 1.0) / 24.0 * (slope**2 + curvature)
        mass = width * tf.exp(log_mass(middle)) * (1.0 + tf.where(width > 1.0, bend, tf.zeros_like(bend)))
        reached = below + mass >= uniform
        inside = tf.clip_by_value(tf.math.ceil(width * (uniform - below) / mass) - 1.0, 0.0, width - 1.0)
        following = count + tf.where(reached, inside, width)
        return tf.where(done, count, following), tf.where(done, below, below + mass), done | reached

    # A parameter that is NaN gives NaN, at once.
    count, _, _ = tf.while_loop(
        unfinished, add, (start, tf.zeros_like(start), tf.math.is_nan(start)), maximum_iterations=_LIMIT
    )
    return tf.stop_gradient(count)


def _times(count: tf.Tensor, log_probability: tf.Tensor) -> tf.Tensor:
    """k·log p, which is 0 at k = 0 even of an impossible outcome."""
    return tf.where(count > 0.0, count * log_probability, tf.zeros_like(count))


@register_draw(tfd.Poisson)
def _poisson(distribution: tfd.Poisson, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    log_rate = tf.cast(distribution.log_rate_parameter(), tf.float64)
    rate = tf.exp(log_rate)

    def log_mass(count: tf.Tensor) -> tf.Tensor:
        return _times(count, log_rate) - rate - tf.math.lgamma(count + 1.0)

    def steps(count: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return log_rate - tf.math.log(count + 1.0), -1.0 / (count + 1.0)

    count = _sum_up(noise.uniform(shape, tf.float64), rate, rate, log_mass, steps)
    return tf.cast(count, distribution.dtype)


@register_draw(tfd.NegativeBinomial)
def _negative_binomial(distribution: tfd.NegativeBinomial, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    total = tf.cast(distribution.total_count, tf.float64)
    logits = tf.cast(distribution.logits_parameter(), tf.float64)
    success, failure = tf.math.log_sigmoid(logits), tf.math.log_sigmoid(-logits)
    constant = total * failure - tf.math.lgamma(total)
    mean = total * tf.exp(logits)

    def log_mass(count: tf.Tensor) -> tf.Tensor:
        return tf.math.lgamma(count + total) - tf.math.lgamma(count + 1.0) + _times(count, success) + constant

    def steps(count: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        ratio = (count + total) / (count + 1.0)
        return success + tf.math.log(ratio), (1.0 - total) / ((count + total) * (count + 1.0))

    spread = mean * (1.0 + tf.exp(logits))
    count = _sum_up(noise.uniform(shape, tf.float64), mean, spread, log_mass, steps)
    return tf.cast(count, distribution.dtype)


@register_draw(tfd.Binomial)
def _binomial(distribution: tfd.Binomial, noise: Noise, shape: tuple[int, ...]) -> tf.Tensor:
    total = tf.cast(distribution.total_count, tf.float64)
    logits = tf.cast(distribution.logits_parameter(), tf.float64)
    success, failure = tf.math.log_sigmoid(logits), tf.math.log_sigmoid(-logits)
    constant = tf.math.lgamma(total + 1.0)
    mean = total * tf.exp(success)

    def log_mass(count: tf.Tensor) -> tf.Tensor:
        rest = tf.maximum(total - count, 0.0)
        mass = constant - tf.math.lgamma(count + 1.0) - tf.math.lgamma(rest + 1.0)
        mass += _times(count, success) + _times(rest, failure)
        # All that is left falls on the last count, whatever the sum has lost to rounding.
        return tf.where(rest > 0.0, mass, tf.zeros_like(mass))

    def steps(count: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        rest = tf.maximum(total - count, 1.0)
        return logits + tf.math.log(rest / (count + 1.0)), -1.0 / (count + 1.0) - 1.0 / rest

    count = _sum_up(noise.uniform(shape, tf.float64), mean, mean, log_mass, steps)
    return tf.cast(count, distribution.dtype)
