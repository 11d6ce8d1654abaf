"""A context beside what a network gets: more entries of vectors, more channels of maps."""

import tensorflow as tf

__all__ = ["conditioned", "conditioned_shape"]


def conditioned(value: tf.Tensor, context: tf.Tensor | None) -> tf.Tensor:
    """A network's input with the context behind it, at every position of a map.

    Args:
        value: [batch, width], or a map [batch, *positions, channels].
        context: [batch, size], or None.

    Returns:
        [batch, width + size], or [batch, *positions, channels + size].
    """
    if context is None:
        return value
    context = tf.cast(context, value.dtype)
    positions = len(value.shape) - 2
    if positions:
        ones = tf.ones_like(value[..., :1])
        context = ones * tf.reshape(context, [-1, *[1] * positions, context.shape[-1]])
    return tf.concat([value, context], axis=-1)


def conditioned_shape(shape: tuple[int, ...], context_shape: tuple[int, ...] | None) -> tuple[int, ...]:
    """What `conditioned` makes of a shape without its batch."""
    return shape if context_shape is None else (*shape[:-1], shape[-1] + context_shape[0])
