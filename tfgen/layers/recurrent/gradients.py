"""Gradients on their way back through time."""

import tensorflow as tf

__all__ = ["clip_gradient"]


def clip_gradient(value: tf.Tensor, limit: float) -> tf.Tensor:
    """The value itself, whose gradient is clipped entry by entry on its way back.

    The loss being a mean over rows, of all replicas (which have as many each), a row's gradient is limited to
    [−limit, limit] before it is divided by their number: the limit means the same whatever the size of the batch.

    Of a state at each step it keeps errors that travel back through time from growing without bound, whatever the
    number of steps; the optimiser's `global_clipnorm` only scales what has come of them.

    Args:
        value: float [rows, ...].
        limit: the greatest size of an entry of a row's gradient.

    Reference:
        Graves, *Generating sequences with recurrent neural networks*, arXiv:1308.0850, 2013, section 2.1.
    """

    @tf.custom_gradient
    def clipped(value: tf.Tensor) -> tuple[tf.Tensor, object]:
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        share = tf.cast(limit / tf.cast(replicas * tf.maximum(tf.shape(value)[0], 1), tf.float64), value.dtype)
        return tf.identity(value), lambda upstream: tf.clip_by_value(upstream, -share, share)

    return clipped(value)
