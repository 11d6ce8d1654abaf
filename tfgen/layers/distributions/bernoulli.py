"""Independent Bernoulli variables."""

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.distributions.base import DistributionLayer, unflatten
from tfgen.layers.distributions.support import Support

__all__ = ["IndependentBernoulli"]


@keras.saving.register_keras_serializable(package="tfgen")
class IndependentBernoulli(DistributionLayer):
    """Features to independent binary variables, p(x) = Π_d π_d^{x_d} (1 − π_d)^{1 − x_d}, π = sigmoid(logits).

    Args:
        event_shape: the shape of one event.
        **kwargs: as in `DistributionLayer`.

    Output shape:
        A distribution of batch shape [batch, ...] and event shape `event_shape` over 0 and 1.

    Example:
        >>> IndependentBernoulli(event_shape=(4,))(tf.zeros([2, 8])).mean().numpy().tolist()[0]
        [0.5, 0.5, 0.5, 0.5]
    """

    support = Support(low=0, high=1, integer=True)

    @property
    def parameter_size(self) -> int:
        """A logit for each number of the event."""
        return self.event_size

    def make_distribution(self, parameters: tf.Tensor) -> tfd.Distribution:
        """See `DistributionLayer.make_distribution`."""
        # Observations come as floats (Keras hands images over so), and so leave samples.
        bernoulli = tfd.Bernoulli(logits=unflatten(parameters, self.event_shape), dtype=parameters.dtype)
        return tfd.Independent(bernoulli, reinterpreted_batch_ndims=len(self.event_shape))
