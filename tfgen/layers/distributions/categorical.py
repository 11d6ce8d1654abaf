"""Independent categorical variables."""

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.arguments import checked_count
from tfgen.layers.distributions.base import DistributionLayer, unflatten
from tfgen.layers.distributions.support import Support

__all__ = ["IndependentCategorical"]


@keras.saving.register_keras_serializable(package="tfgen")
class IndependentCategorical(DistributionLayer):
    """Features to independent class numbers, p(x) = Π_d softmax(logits_d)[x_d].

    A class number has no mean: `predict` gives the mean of its one-hot code, which is the probabilities, so
    that `keras.metrics.SparseCategoricalAccuracy` works on it.

    Args:
        event_shape: the shape of one event; `()` for one class number an example.
        classes: how many classes.
        **kwargs: as in `DistributionLayer`.

    Output shape:
        A distribution of batch shape [batch, ...] and event shape `event_shape` over 0 … classes − 1.

    Example:
        >>> layer = IndependentCategorical(event_shape=(), classes=3)
        >>> layer(tf.zeros([2, 8])).log_prob([0, 2]).shape.as_list()
        [2]
    """

    def __init__(self, *, event_shape: tuple[int, ...] = (), classes: int, **kwargs: Any) -> None:
        super().__init__(event_shape=event_shape, **kwargs)
        self.classes = checked_count("classes", classes, minimum=2)
        self.support = Support(low=0, high=self.classes - 1, integer=True)

    @property
    def parameter_size(self) -> int:
        """A logit for each class of each number of the event."""
        return self.event_size * self.classes

    @property
    def point_shape(self) -> tuple[int, ...]:
        """The shape of the probabilities."""
        return (*self.event_shape, self.classes)

    def make_distribution(self, parameters: tf.Tensor) -> tfd.Distribution:
        """See `DistributionLayer.make_distribution`."""
        categorical = tfd.Categorical(logits=unflatten(parameters, (*self.event_shape, self.classes)))
        return tfd.Independent(categorical, reinterpreted_batch_ndims=len(self.event_shape))

    def point_estimate(self, distribution: tfd.Distribution) -> tf.Tensor:
        """The probabilities [batch, ..., *event_shape, classes]."""
        return distribution.distribution.probs_parameter()

    def event_estimate(self, distribution: tfd.Distribution) -> tf.Tensor:
        """The most probable class numbers [batch, ..., *event_shape]."""
        return distribution.mode()

    def to_features(self, event: tf.Tensor) -> tf.Tensor:
        """One-hot, the classes folded into the event's last axis: an image's channels stay one axis.

        [..., *event_shape[:-1], event_shape[-1] · classes]; [..., classes] for scalars.
        """
        coded = tf.one_hot(tf.cast(event, tf.int32), self.classes, dtype=event.dtype)
        if not self.event_shape:
            return coded
        *inner, last = event.shape[1:]
        channels = last * self.classes
        if None not in inner:  # a constant shape costs an exported graph nothing
            return tf.reshape(coded, [-1, *inner, channels])
        return tf.reshape(coded, tf.concat([tf.shape(event)[:-1], [channels]], axis=0))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "classes": self.classes}
