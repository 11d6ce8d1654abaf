"""Mixtures of normals, with diagonal or full covariances."""

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.arguments import checked_count
from tfgen.layers.distributions.base import DistributionLayer, unflatten
from tfgen.layers.distributions.positive import MIN_SCALE, checked_minimum, positive
from tfgen.layers.distributions.triangle import lower_triangle

__all__ = ["MixtureNormal"]


_COVARIANCES = ("diagonal", "full")


@keras.saving.register_keras_serializable(package="tfgen")
class MixtureNormal(DistributionLayer):
    """Features to a mixture of multivariate normals: the output layer of a mixture density network.

    p(x) = Σ_k softmax(logits)_k · N(x; μ_k, L_k L_kᵀ), where L_k is diagonal, or lower triangular with
    a positive diagonal. Diagonal entries are softplus(·) + `min_scale`.

    Args:
        event_shape: the shape of one event; of rank one where the covariance is full.
        components: how many normals.
        covariance: `"diagonal"` or `"full"`.
        min_scale: the least diagonal entry of L_k, in the units of x. The likelihood of a mixture is unbounded
            where a component may shrink onto one example (Bishop 2006, section 9.2.1): this bounds it.
        **kwargs: as in `DistributionLayer`.

    Output shape:
        A distribution of batch shape [batch, ...] and event shape `event_shape`, with `log_prob` in nats.

    Raises:
        ValueError: for an unknown covariance, a full one of an event that is no vector, or no components.

    Reference:
        Bishop, *Mixture density networks*, 1994, equations 22 to 29.

    Example:
        >>> layer = MixtureNormal(event_shape=(2,), components=5)
        >>> layer(tf.zeros([3, 8])).mean().shape.as_list()
        [3, 2]
    """

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        components: int,
        covariance: str = "diagonal",
        min_scale: float = MIN_SCALE,
        **kwargs: Any,
    ) -> None:
        if covariance not in _COVARIANCES:
            raise ValueError(f"`covariance` must be one of {_COVARIANCES}. Received: covariance={covariance!r}")
        super().__init__(event_shape=event_shape, **kwargs)
        if covariance == "full" and len(self.event_shape) != 1:
            raise ValueError(
                f"`event_shape` must have rank 1 with covariance='full'. Received: event_shape={self.event_shape}"
            )
        self.components = checked_count("components", components)
        self.covariance = covariance
        self.min_scale = checked_minimum(min_scale)

    @property
    def _off_diagonal(self) -> int:
        return self.event_size * (self.event_size - 1) // 2 if self.covariance == "full" else 0

    @property
    def parameter_size(self) -> int:
        """For each component a logit, a location, a diagonal and what lies below it."""
        return self.components * (1 + 2 * self.event_size + self._off_diagonal)

    def make_distribution(self, parameters: tf.Tensor) -> tfd.Distribution:
        """See `DistributionLayer.make_distribution`."""
        size, count = self.event_size, self.components
        sizes = [count, count * size, count * size, count * self._off_diagonal]
        logits, location, diagonal, below = tf.split(parameters, sizes, axis=-1)
        location = unflatten(location, (count, *self.event_shape))
        diagonal = positive(unflatten(diagonal, (count, *self.event_shape)), self.min_scale)
        if self.covariance == "diagonal":
            components = tfd.Independent(
                tfd.Normal(location, diagonal), reinterpreted_batch_ndims=len(self.event_shape)
            )
        else:
            below = unflatten(below, (count, self._off_diagonal))
            components = tfd.MultivariateNormalTriL(location, lower_triangle(diagonal, below, size))
        return tfd.MixtureSameFamily(tfd.Categorical(logits=logits), components)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "components": self.components,
            "covariance": self.covariance,
            "min_scale": self.min_scale,
        }
