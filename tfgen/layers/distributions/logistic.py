"""Independent logistic variables and mixtures of them."""

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.arguments import checked_count
from tfgen.layers.distributions.base import DistributionLayer
from tfgen.layers.distributions.entrywise import entrywise, parameters_per_entry
from tfgen.layers.distributions.positive import MIN_SCALE, checked_minimum, positive

__all__ = ["IndependentLogistic"]


@keras.saving.register_keras_serializable(package="tfgen")
class IndependentLogistic(DistributionLayer):
    """Features to independent logistic variables, p(x) = Π_d Σ_k softmax(logits_d)_k · Logistic(x_d; μ_dk, s_dk).

    A logistic variable has the density σ(z)(1 − σ(z))/s at z = (x − μ)/s, tails as of an exponential, and the standard
    deviation π·s/√3. Each scale is softplus(·) + `min_scale`.

    Args:
        event_shape: the shape of one event.
        components: how many components every entry of the event has; they are that entry's own.
        min_scale: the least s, in the units of x; it bounds the density from above.
        **kwargs: as in `DistributionLayer`.

    Output shape:
        A distribution of batch shape [batch, ...] and event shape `event_shape`, with `log_prob` in nats.

    Example:
        >>> layer = IndependentLogistic(event_shape=(3,), components=5)
        >>> layer(tf.zeros([2, 8])).log_prob(tf.zeros([2, 3])).shape.as_list()
        [2]
    """

    def __init__(
        self, *, event_shape: tuple[int, ...], components: int = 1, min_scale: float = MIN_SCALE, **kwargs: Any
    ) -> None:
        super().__init__(event_shape=event_shape, **kwargs)
        self.components = checked_count("components", components)
        self.min_scale = checked_minimum(min_scale)

    @property
    def parameter_size(self) -> int:
        """For each entry and component a location and a scale, and a logit where there are several."""
        return parameters_per_entry(2, self.components) * self.event_size

    def make_distribution(self, parameters: tf.Tensor) -> tfd.Distribution:
        """See `DistributionLayer.make_distribution`."""
        return entrywise(parameters, self.event_shape, count=2, components=self.components, make=self._logistic)

    def _logistic(self, location: tf.Tensor, unconstrained: tf.Tensor) -> tfd.Logistic:
        return tfd.Logistic(location, positive(unconstrained, self.min_scale))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "components": self.components, "min_scale": self.min_scale}
