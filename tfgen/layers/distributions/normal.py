"""Independent normals."""

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.distributions.base import DistributionLayer, unflatten
from tfgen.layers.distributions.positive import MIN_SCALE, checked_minimum, positive

__all__ = ["IndependentNormal"]


@keras.saving.register_keras_serializable(package="tfgen")
class IndependentNormal(DistributionLayer):
    """Features to independent normals, p(x) = Π_d N(x_d; μ_d, σ_d²), with σ_d = softplus(s_d) + `min_scale`.

    Args:
        event_shape: the shape of one event.
        min_scale: the least standard deviation, in the units of x; it bounds the density from above.
        **kwargs: as in `DistributionLayer`.

    Output shape:
        A distribution of batch shape [batch, ...] and event shape `event_shape`, with `log_prob` in nats.

    Example:
        >>> IndependentNormal(event_shape=(3,))(tf.zeros([2, 8])).log_prob(tf.zeros([2, 3])).shape.as_list()
        [2]
    """

    def __init__(self, *, event_shape: tuple[int, ...], min_scale: float = MIN_SCALE, **kwargs: Any) -> None:
        super().__init__(event_shape=event_shape, **kwargs)
        self.min_scale = checked_minimum(min_scale)

    @property
    def parameter_size(self) -> int:
        """A location and a scale for each number of the event."""
        return 2 * self.event_size

    def make_distribution(self, parameters: tf.Tensor) -> tfd.Distribution:
        """See `DistributionLayer.make_distribution`."""
        location, scale = (unflatten(part, self.event_shape) for part in tf.split(parameters, 2, axis=-1))
        normal = tfd.Normal(location, positive(scale, self.min_scale))
        return tfd.Independent(normal, reinterpreted_batch_ndims=len(self.event_shape))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "min_scale": self.min_scale}
