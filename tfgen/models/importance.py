"""Means of importance weights, streamed: the memory that they take does not grow with their number."""

from collections.abc import Callable

import tensorflow as tf

__all__ = ["log_mean_exp", "repeat_rows"]

_AT_ONCE = 8
"""The most samples that are weighed in one pass: enough to fill a processor with one row, few enough for a batch."""


def log_mean_exp(weigh: Callable[[tf.Tensor, int], tf.Tensor], num_samples: int) -> tf.Tensor:
    """log (1/K) Σ_k exp(w_k) for each row, of weights that are made a few at a time.

    A running maximum and a running sum are kept, never the weights. Sample k is the same whatever K is, so that
    estimates of growing K share their samples.

    Args:
        weigh: from the number of the first sample, an int32 scalar, and a count to log-weights [batch, count].
        num_samples: K.

    Returns:
        [batch].
    """
    count = next(size for size in range(min(_AT_ONCE, num_samples), 0, -1) if num_samples % size == 0)

    def add(first: tf.Tensor, maximum: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        weights = weigh(first, count)
        larger = tf.maximum(maximum, tf.reduce_max(weights, axis=-1))
        added = tf.reduce_sum(tf.exp(weights - larger[:, tf.newaxis]), axis=-1)
        return larger, total * tf.exp(maximum - larger) + added

    # The first pass stands outside the loop: where it is the only one, there is no loop to export.
    weights = weigh(tf.constant(0), count)
    # Never −∞: a row without any weight has the logarithm of nought, not NaN.
    maximum = tf.maximum(tf.reduce_max(weights, axis=-1), weights.dtype.min)
    total = tf.reduce_sum(tf.exp(weights - maximum[:, tf.newaxis]), axis=-1)
    if num_samples > count:
        _, maximum, total = tf.while_loop(
            lambda first, *_: first < num_samples,
            lambda first, *running: (first + count, *add(first, *running)),
            (tf.constant(count), maximum, total),
            maximum_iterations=num_samples // count - 1,
            parallel_iterations=1,  # else TensorFlow may hold ten passes' tensors at once
        )
    return maximum + tf.math.log(total / num_samples)


def repeat_rows(values: tf.Tensor, count: int) -> tf.Tensor:
    """Each row `count` times in succession: [batch, ...] to [batch · count, ...]."""
    if count == 1:
        return values
    shape = values.shape.as_list()[1:]
    tiled = tf.tile(values[:, tf.newaxis], [1, count, *[1] * len(shape)])
    return tf.reshape(tiled, [-1, *shape])
