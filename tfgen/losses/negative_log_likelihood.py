"""The loss of a Keras model that ends in a distribution layer."""

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

__all__ = ["NegativeLogLikelihood"]


@keras.saving.register_keras_serializable(package="tfgen")
class NegativeLogLikelihood(keras.losses.Loss):
    """−log p(y_true), in nats, where y_pred is the `tfd.Distribution` that a distribution layer returns.

    Args:
        reduction: as in every Keras loss; the default is the mean over the batch.
        name: the loss's name.
        **kwargs: Keras's own.

    Input shape:
        y_true [batch, *event_shape]; y_pred a distribution of batch shape [batch].

    Raises:
        TypeError: where the model's output is a plain tensor.

    Example:
        >>> import tfgen
        >>> model = keras.Sequential([keras.Input((4,)), tfgen.layers.IndependentNormal(event_shape=(2,))])
        >>> model.compile("adam", loss=tfgen.NegativeLogLikelihood())
    """

    def __init__(
        self, *, reduction: str = "sum_over_batch_size", name: str = "negative_log_likelihood", **kwargs: Any
    ) -> None:
        super().__init__(reduction=reduction, name=name, **kwargs)

    def __call__(self, y_true: tf.Tensor, y_pred: tfd.Distribution, sample_weight: Any = None) -> tf.Tensor:
        """The reduced loss, in nats."""
        if not isinstance(y_pred, tfd.Distribution):
            raise TypeError(
                "`y_pred` must be a distribution: let the model end in a layer of `tfgen.layers`. "
                f"Received: {type(y_pred).__name__}"
            )
        # Keras's own `__call__` would turn the distribution into a tensor: it gets the losses, and reduces them.
        losses = -y_pred.log_prob(_as_event(y_true, y_pred))
        return super().__call__(losses, losses, sample_weight)

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """What Keras is to reduce: the losses that `__call__` handed over."""
        del y_true
        return y_pred


def _as_event(y_true: Any, distribution: tfd.Distribution) -> tf.Tensor:
    """`y_true` in the distribution's dtype and shape; Keras's freedom in a last axis of size one is kept.

    Without the check, [batch, 1] against a batch of scalars would broadcast to [batch, batch] in silence.
    """
    y_true = tf.cast(y_true, distribution.dtype)
    expected = distribution.batch_shape.concatenate(distribution.event_shape)
    if y_true.shape.rank is not None and expected.rank is not None:
        if y_true.shape.rank == expected.rank + 1 and y_true.shape[-1] == 1:
            y_true = tf.squeeze(y_true, axis=-1)
        elif y_true.shape.rank == expected.rank - 1 and expected[-1] == 1:
            y_true = y_true[..., tf.newaxis]
    if not y_true.shape.is_compatible_with(expected):
        raise ValueError(
            f"`y_true` must have the shape of the model's distribution, {expected}. Received: shape={y_true.shape}"
        )
    return y_true
