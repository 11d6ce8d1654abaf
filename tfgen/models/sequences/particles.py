"""Particles: their weights, how many of them count, and systematic resampling."""

import tensorflow as tf

__all__ = ["effective_share", "gathered", "normalised", "systematic"]


def normalised(log_weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Log-weights that sum to one, and the logarithm of their sum before.

    Args:
        log_weights: [batch, K].

    Returns:
        [batch, K], and [batch].
    """
    # Never −∞: where no particle has any weight the sum's logarithm is that of nought, and the weights are equal.
    greatest = tf.maximum(tf.reduce_max(log_weights, axis=-1, keepdims=True), log_weights.dtype.min)
    scaled = tf.exp(log_weights - greatest)
    total = greatest[:, 0] + tf.math.log(tf.reduce_sum(scaled, axis=-1))
    known = total > log_weights.dtype.min
    equal = -tf.math.log(tf.cast(log_weights.shape[-1], log_weights.dtype)) * tf.ones_like(log_weights)
    return tf.where(known[:, tf.newaxis], log_weights - total[:, tf.newaxis], equal), total


def effective_share(log_weights: tf.Tensor) -> tf.Tensor:
    """The effective sample size over K, 1 / (K Σ_k w_k²), [batch], of weights that sum to one, [batch, K]."""
    return 1.0 / (log_weights.shape[-1] * tf.reduce_sum(tf.exp(2.0 * log_weights), axis=-1))


def systematic(log_weights: tf.Tensor, uniform: tf.Tensor) -> tf.Tensor:
    """Whose descendant each new particle is: ancestor i is where Σ_{j ≤ a} w_j first reaches (i + u)/K.

    A particle of weight w has ⌊Kw⌋ or ⌈Kw⌉ descendants, and K·w on average. All is computed in float64: a runtime's
    last digit must not make another ancestor.

    Args:
        log_weights: [batch, K], which sum to one.
        uniform: u, [batch], from (0, 1).

    Returns:
        int32 [batch, K].

    Reference:
        Kitagawa, *Monte Carlo filter and smoother for non-Gaussian nonlinear state space models*, JCGS 5(1), 1996;
        Carpenter, Clifford and Fearnhead, *Improved particle filter for nonlinear problems*, 1999.

    Example:
        >>> systematic(tf.math.log([[0.5, 0.0, 0.25, 0.25]]), tf.constant([0.5])).numpy().tolist()
        [[0, 0, 2, 3]]
    """
    count = log_weights.shape[-1]
    cumulative = tf.cumsum(tf.exp(tf.cast(log_weights, tf.float64)), axis=-1)
    cumulative = (cumulative / cumulative[:, -1:])[:, :-1]  # the last is 1, and never reached
    places = (tf.range(count, dtype=tf.float64) + tf.cast(uniform, tf.float64)[:, tf.newaxis]) / count
    beyond = places[:, :, tf.newaxis] > cumulative[:, tf.newaxis]
    return tf.reduce_sum(tf.cast(beyond, tf.int32), axis=-1)


def gathered(values: tf.Tensor, ancestors: tf.Tensor) -> tf.Tensor:
    """Each row's particles by their ancestors: of [batch, K, ...] the same shape."""
    return tf.gather(values, ancestors, axis=1, batch_dims=1)
