"""Gradients on their way back through time."""

import tensorflow as tf

__all__ = ["clip_gradient"]


def clip_gradient(value: tf.Tensor, limit: float) -> tf.Tensor:
    """The value itself, whose gradient is clipped entry by entry to [−limit, limit] on its way back.

    Of a state at each step it keeps errors that travel back through time from growing without bound, whatever the
    number of steps; the optimiser's `global_clipnorm` only scales what has come of them.

    Args:
        value: any float tensor.
        limit: the greatest size of an entry of the gradient.

    Reference:
        Graves, *Generating sequences with recurrent neural networks*, arXiv:1308.0850, 2013, section 2.1.
    """

    @tf.custom_gradient
    def clipped(value: tf.Tensor) -> tuple[tf.Tensor, object]:
        return tf.identity(value), lambda upstream: tf.clip_by_value(upstream, -limit, limit)

    return clipped(value)
