"""Multivariate normals with full covariances."""

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.distributions.base import DistributionLayer
from tfgen.layers.distributions.positive import MIN_SCALE, checked_minimum, positive
from tfgen.layers.distributions.triangle import lower_triangle

__all__ = ["MultivariateNormalTriL"]


@keras.saving.register_keras_serializable(package="tfgen")
class MultivariateNormalTriL(DistributionLayer):
    """Features to a multivariate normal N(x; μ, L Lᵀ), L lower triangular.

    The diagonal of L is softplus(·) + `min_scale`; what lies below it is any real number. Where that is
    many orders larger than the diagonal, the density underflows: its logarithm leaves float32's range.

    Args:
        event_shape: the shape of one event, `(d,)`.
        min_scale: the least diagonal entry of L, in the units of x; it bounds the density from above.
        **kwargs: as in `DistributionLayer`.

    Output shape:
        A distribution of batch shape [batch, ...] and event shape `event_shape`, with `log_prob` in nats.

    Raises:
        ValueError: for an event that is no vector.

    Example:
        >>> layer = MultivariateNormalTriL(event_shape=(2,))
        >>> layer(tf.zeros([3, 8])).covariance().shape.as_list()
        [3, 2, 2]
    """

    def __init__(self, *, event_shape: tuple[int, ...], min_scale: float = MIN_SCALE, **kwargs: Any) -> None:
        super().__init__(event_shape=event_shape, **kwargs)
        if len(self.event_shape) != 1:
            raise ValueError(f"`event_shape` must have rank 1. Received: event_shape={self.event_shape}")
        self.min_scale = checked_minimum(min_scale)

    @property
    def _below(self) -> int:
        return self.event_size * (self.event_size - 1) // 2

    @property
    def parameter_size(self) -> int:
        """A location, a diagonal and what lies below it."""
        return 2 * self.event_size + self._below

    def make_distribution(self, parameters: tf.Tensor) -> tfd.Distribution:
        """See `DistributionLayer.make_distribution`."""
        sizes = [self.event_size, self.event_size, self._below]
        location, diagonal, below = tf.split(parameters, sizes, axis=-1)
        triangle = lower_triangle(positive(diagonal, self.min_scale), below, self.event_size)
        return tfd.MultivariateNormalTriL(location, triangle)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "min_scale": self.min_scale}
