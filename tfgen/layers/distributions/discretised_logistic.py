"""Independent levels, such as pixels, by logistic variables that are rounded."""

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.distributions import DiscretisedLogistic
from tfgen.layers.arguments import checked_count
from tfgen.layers.distributions.base import DistributionLayer
from tfgen.layers.distributions.entrywise import entrywise, entrywise_estimate, parameters_per_entry
from tfgen.layers.distributions.positive import checked_minimum, positive
from tfgen.layers.distributions.support import Support

__all__ = ["IndependentDiscretisedLogistic"]

_MIN_SCALE = 1e-2
"""In levels: a logistic at a level's centre then leaves e⁻⁵⁰ to all others."""


@keras.saving.register_keras_serializable(package="tfgen")
class IndependentDiscretisedLogistic(DistributionLayer):
    """Features to independent whole numbers 0 … levels − 1 by discretised logistics, or mixtures of them.

    P(x) = Π_d Σ_k softmax(logits_d)_k · [σ((x_d + ½ − μ_dk)/s_dk) − σ((x_d − ½ − μ_dk)/s_dk)],

    the end levels taking the tails (`tfgen.distributions.DiscretisedLogistic`). The network counts in half ranges
    from the middle: with h = (levels − 1)/2, a location u means μ = h + h·u, and s = h/2·softplus(·) + `min_scale`,
    which begins at a quarter of the range. So features and parameters are of unit size however many levels there are.

    The point estimate is the mean of the logistic variable clipped to [0, levels − 1],
    s·(softplus(μ/s) − softplus((μ − levels + 1)/s)), over the components: within half a level of the exact mean, which
    `distribution.mean()` sums over all levels.

    Args:
        event_shape: the shape of one event.
        levels: how many levels; 256 for images of 8 bits.
        components: how many components every entry of the event has; they are that entry's own.
        min_scale: the least s, in levels.
        **kwargs: as in `DistributionLayer`.

    Output shape:
        A distribution of batch shape [batch, ...] and event shape `event_shape`, with `log_prob` in nats.

    Reference:
        Salimans et al., *PixelCNN++*, 2017, equations 1 and 2, of channels that are independent.

    Example:
        >>> layer = IndependentDiscretisedLogistic(event_shape=(28, 28, 1), components=5)
        >>> layer(tf.zeros([2, 8])).log_prob(tf.zeros([2, 28, 28, 1])).shape.as_list()
        [2]
    """

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        levels: int = 256,
        components: int = 1,
        min_scale: float = _MIN_SCALE,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, **kwargs)
        self.levels = checked_count("levels", levels, minimum=2)
        self.components = checked_count("components", components)
        self.min_scale = checked_minimum(min_scale)
        self.support = Support(low=0, high=self.levels - 1, integer=True)

    @property
    def _half(self) -> float:
        return (self.levels - 1) / 2

    @property
    def parameter_size(self) -> int:
        """For each entry and component a location and a scale, and a logit where there are several."""
        return parameters_per_entry(2, self.components) * self.event_size

    def make_distribution(self, parameters: tf.Tensor) -> tfd.Distribution:
        """See `DistributionLayer.make_distribution`."""
        return entrywise(parameters, self.event_shape, count=2, components=self.components, make=self._logistic)

    def _logistic(self, location: tf.Tensor, unconstrained: tf.Tensor) -> DiscretisedLogistic:
        scale = 0.5 * self._half * positive(unconstrained, 0.0) + self.min_scale
        return DiscretisedLogistic(self._half + self._half * location, scale, 0, self.levels - 1)

    def point_estimate(self, distribution: tfd.Distribution) -> tf.Tensor:
        """The mean of the clipped logistic variable, within half a level of the mean."""
        return entrywise_estimate(distribution, _clipped_mean, components=self.components)

    def event_estimate(self, distribution: tfd.Distribution) -> tf.Tensor:
        """The point estimate's nearest level."""
        return tf.round(self.point_estimate(distribution))

    def to_features(self, event: tf.Tensor) -> tf.Tensor:
        """In half ranges from the middle: from −1 to 1."""
        return (event - self._half) / self._half

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "levels": self.levels,
            "components": self.components,
            "min_scale": self.min_scale,
        }


def _clipped_mean(member: DiscretisedLogistic) -> tf.Tensor:
    above_low = tf.math.softplus((member.loc - member.low) / member.scale)
    above_high = tf.math.softplus((member.loc - member.high) / member.scale)
    # Rounding of large numbers must not show as a value that is none.
    return tf.clip_by_value(member.low + member.scale * (above_low - above_high), member.low, member.high)
