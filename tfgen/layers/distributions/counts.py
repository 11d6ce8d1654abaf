"""Independent counts: Poisson and negative binomial."""

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.distributions.base import DistributionLayer, unflatten
from tfgen.layers.distributions.positive import positive
from tfgen.layers.distributions.support import Support

__all__ = ["IndependentNegativeBinomial", "IndependentPoisson"]

_MAX_LOG = 16.0
_MIN_COUNT = 1e-3


def _bounded(values: tf.Tensor) -> tf.Tensor:
    """v − softplus(v − 16): smoothly at most 16, and v itself where that is well below."""
    # The same, without a difference of large numbers where v is large.
    return tf.minimum(values, _MAX_LOG) - tf.math.softplus(-tf.abs(values - _MAX_LOG))


class _Counts(DistributionLayer):
    """What layers of counts have in common."""

    support = Support(low=0, integer=True)

    def to_features(self, event: tf.Tensor) -> tf.Tensor:
        """log(1 + x)."""
        return tf.math.log1p(event)

    def event_estimate(self, distribution: tfd.Distribution) -> tf.Tensor:
        """The mean's nearest count."""
        return tf.round(self.point_estimate(distribution))


@keras.saving.register_keras_serializable(package="tfgen")
class IndependentPoisson(_Counts):
    """Features to independent counts, P(x) = Π_d λ_d^{x_d} e^{−λ_d} / x_d!, log λ from the features.

    The rate is bounded smoothly: log λ = v − softplus(v − 16), so that λ = eᵛ to 1 % where that is under 90 000. The
    density is then finite for all features, and counts stay below 2²⁴, where float32 begins to skip numbers. In float32
    the log-density of counts about n is exact to about n·10⁻⁶ nats: take `dtype="float64"` for counts of millions.

    Args:
        event_shape: the shape of one event.
        **kwargs: as in `DistributionLayer`.

    Output shape:
        A distribution of batch shape [batch, ...] and event shape `event_shape` over 0, 1, 2, …

    Example:
        >>> IndependentPoisson(event_shape=(3,))(tf.zeros([2, 8])).mean().numpy().round(4).tolist()[0]
        [1.0, 1.0, 1.0]
    """

    @property
    def parameter_size(self) -> int:
        """A log-rate for each number of the event."""
        return self.event_size

    def make_distribution(self, parameters: tf.Tensor) -> tfd.Distribution:
        """See `DistributionLayer.make_distribution`."""
        poisson = tfd.Poisson(log_rate=_bounded(unflatten(parameters, self.event_shape)))
        return tfd.Independent(poisson, reinterpreted_batch_ndims=len(self.event_shape))


@keras.saving.register_keras_serializable(package="tfgen")
class IndependentNegativeBinomial(_Counts):
    """Features to independent counts that vary more than Poisson's.

    P(x) = Π_d Γ(x_d + r_d) / (x_d! Γ(r_d)) · π_d^{x_d} (1 − π_d)^{r_d}, π = sigmoid(logits).

    The mean is r·e^{logits}, and the variance 1 + e^{logits} times as large. r is softplus(·) + 0.001. The logits are
    bounded smoothly by 16, as the log-rate of `IndependentPoisson` is, so that means are finite.

    Args:
        event_shape: the shape of one event.
        **kwargs: as in `DistributionLayer`.

    Output shape:
        A distribution of batch shape [batch, ...] and event shape `event_shape` over 0, 1, 2, …

    Example:
        >>> IndependentNegativeBinomial(event_shape=(3,))(tf.zeros([2, 8])).log_prob(tf.ones([2, 3])).shape.as_list()
        [2]
    """

    @property
    def parameter_size(self) -> int:
        """r and a logit for each number of the event."""
        return 2 * self.event_size

    def make_distribution(self, parameters: tf.Tensor) -> tfd.Distribution:
        """See `DistributionLayer.make_distribution`."""
        total, logits = (unflatten(part, self.event_shape) for part in tf.split(parameters, 2, axis=-1))
        negative_binomial = tfd.NegativeBinomial(positive(total, _MIN_COUNT), logits=_bounded(logits))
        return tfd.Independent(negative_binomial, reinterpreted_batch_ndims=len(self.event_shape))
