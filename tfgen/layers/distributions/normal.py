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
    """Features to independent normals, p(x) = Π_d N(x_d; μ_d, σ_d²).

    Args:
        event_shape: the shape of one event.
        scale: where σ comes from. `"predicted"`: each σ_d = softplus(s_d) + `min_scale` follows from the features.
            `"shared"`: one trained σ for all events and entries. A number: that σ, not trained.
        min_scale: the least standard deviation, in the units of x; it bounds the density from above.
        **kwargs: as in `DistributionLayer`.

    Output shape:
        A distribution of batch shape [batch, ...] and event shape `event_shape`, with `log_prob` in nats.

    Example:
        >>> IndependentNormal(event_shape=(3,))(tf.zeros([2, 8])).log_prob(tf.zeros([2, 3])).shape.as_list()
        [2]
    """

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        scale: float | str = "predicted",
        min_scale: float = MIN_SCALE,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, **kwargs)
        self.scale = _checked_scale(scale)
        self.min_scale = checked_minimum(min_scale)

    @property
    def parameter_size(self) -> int:
        """A location and, where it is predicted, a scale for each number of the event."""
        return (2 if self.scale == "predicted" else 1) * self.event_size

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the projection, and the scale where it is shared."""
        super().build(input_shape)
        if self.scale == "shared":
            self.shared_scale = self.add_weight(
                shape=(), initializer="zeros", dtype=self.density_dtype, autocast=False, name="shared_scale"
            )

    def make_distribution(self, parameters: tf.Tensor) -> tfd.Distribution:
        """See `DistributionLayer.make_distribution`."""
        scale: Any = self.scale
        if scale == "predicted":
            parameters, unconstrained = tf.split(parameters, 2, axis=-1)
            scale = positive(unflatten(unconstrained, self.event_shape), self.min_scale)
        elif scale == "shared":
            scale = positive(tf.convert_to_tensor(self.shared_scale), self.min_scale)
        normal = tfd.Normal(unflatten(parameters, self.event_shape), scale)
        return tfd.Independent(normal, reinterpreted_batch_ndims=len(self.event_shape))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "scale": self.scale, "min_scale": self.min_scale}


def _checked_scale(scale: Any) -> float | str:
    if scale in ("predicted", "shared"):
        return scale
    if isinstance(scale, int | float) and not isinstance(scale, bool) and scale > 0:
        return float(scale)
    raise ValueError(f"`scale` must be 'predicted', 'shared' or a positive number. Received: scale={scale!r}")
