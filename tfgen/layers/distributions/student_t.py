"""Independent Student's t variables."""

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.distributions.base import DistributionLayer, unflatten
from tfgen.layers.distributions.positive import MIN_SCALE, checked_minimum, positive

__all__ = ["IndependentStudentT"]

_MIN_FREEDOM = 0.5
"""With fewer degrees of freedom single draws could leave float32's range."""


@keras.saving.register_keras_serializable(package="tfgen")
class IndependentStudentT(DistributionLayer):
    """Features to independent Student's t variables: for data with outliers.

    p(x) = Π_d Γ((ν_d + 1)/2) / (Γ(ν_d/2)·√(πν_d)·s_d) · (1 + z_d²/ν_d)^{−(ν_d + 1)/2} at z = (x − μ)/s.

    All of ν, μ and s follow from the features; s is softplus(·) + `min_scale` and ν is softplus(·) + ½. The smaller ν,
    the heavier the tails: there is a mean for ν > 1, a variance for ν > 2, and ν → ∞ is the normal.

    The point estimate is μ: the median and, where there is one, the mean.

    Args:
        event_shape: the shape of one event.
        min_scale: the least s, in the units of x; it bounds the density from above.
        **kwargs: as in `DistributionLayer`.

    Output shape:
        A distribution of batch shape [batch, ...] and event shape `event_shape`, with `log_prob` in nats.

    Example:
        >>> IndependentStudentT(event_shape=(3,))(tf.zeros([2, 8])).log_prob(tf.zeros([2, 3])).shape.as_list()
        [2]
    """

    def __init__(self, *, event_shape: tuple[int, ...], min_scale: float = MIN_SCALE, **kwargs: Any) -> None:
        super().__init__(event_shape=event_shape, **kwargs)
        self.min_scale = checked_minimum(min_scale)

    @property
    def parameter_size(self) -> int:
        """Degrees of freedom, a location and a scale for each number of the event."""
        return 3 * self.event_size

    def make_distribution(self, parameters: tf.Tensor) -> tfd.Distribution:
        """See `DistributionLayer.make_distribution`."""
        freedom, location, scale = (unflatten(part, self.event_shape) for part in tf.split(parameters, 3, axis=-1))
        student = tfd.StudentT(positive(freedom, _MIN_FREEDOM), location, positive(scale, self.min_scale))
        return tfd.Independent(student, reinterpreted_batch_ndims=len(self.event_shape))

    def point_estimate(self, distribution: tfd.Distribution) -> tf.Tensor:
        """The location."""
        return distribution.mode()

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "min_scale": self.min_scale}
