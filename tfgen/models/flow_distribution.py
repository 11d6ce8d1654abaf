"""A conditional flow as a distribution layer."""

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.bijectors import Flow
from tfgen.layers.distributions import DistributionLayer
from tfgen.layers.distributions.positive import MIN_SCALE, checked_minimum, positive
from tfgen.models.flow import FlowModel

__all__ = ["FlowDistribution", "check_inner_flow"]


@keras.saving.register_keras_serializable(package="tfgen")
class FlowDistribution(DistributionLayer):
    """Features to y = f(μ + σε; h), ε ~ N(0, I): a diagonal Gaussian, bent by a flow.

    μ, σ and, of a conditional flow, its context h are projections of the features. As a VAE's posterior an `IAF` serves
    well, since only draws are scored there; as its likelihood a `MAF`, which makes an autoregressive decoder.

    Args:
        flow: f, over vectors.
        min_scale: the least σ.
        **kwargs: as in `DistributionLayer`.

    Output shape:
        A distribution of batch shape [batch] and event shape `event_shape`, with `log_prob` in nats.

    Raises:
        ValueError: for a flow that has its scale still to take from data, or of numbers within ends.

    Reference:
        Kingma et al., *Improving variational inference with inverse autoregressive flow*, NeurIPS 2016, algorithm 1.

    Example:
        >>> from tfgen.models import IAF
        >>> flow = IAF(event_shape=(2,), context_shape=(4,), transforms=1, hidden=(8,), standardize=False)
        >>> FlowDistribution(flow=flow)(tf.zeros([3, 16])).log_prob(tf.zeros([3, 2])).shape.as_list()
        [3]
    """

    def __init__(self, *, flow: FlowModel, min_scale: float = MIN_SCALE, **kwargs: Any) -> None:
        check_inner_flow("flow", flow)
        super().__init__(**{"event_shape": flow.event_shape, "dtype": flow.dtype_policy, **kwargs})
        self.flow = flow
        self.min_scale = checked_minimum(min_scale)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """None: the flow's own are of a training of its own."""
        return []

    @property
    def parameter_size(self) -> int:
        """A location and a scale for each number of z, and the flow's context."""
        return 2 * self.event_size + self._context_size

    @property
    def _context_size(self) -> int:
        return self.flow.context_shape[0] if self.flow.context_shape else 0

    def make_distribution(self, parameters: tf.Tensor) -> Flow:
        """See `DistributionLayer.make_distribution`."""
        sizes = [self.event_size, self.event_size, self._context_size]
        location, scale, context = tf.split(parameters, sizes, axis=-1)
        normal = tfd.Independent(tfd.Normal(location, positive(scale, self.min_scale)), reinterpreted_batch_ndims=1)
        bijector = self.flow.build_bijector(context if self._context_size else None)
        return Flow(distribution=normal, bijector=bijector, name=self.name)

    def point_estimate(self, distribution: tfd.Distribution) -> tf.Tensor:
        """f(μ), where the flow takes the Gaussian's mean: the distribution's own mean has no closed form."""
        return distribution.bijector.forward(distribution.distribution.mean())

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = {name: value for name, value in super().get_config().items() if name != "event_shape"}
        flow = keras.saving.serialize_keras_object(self.flow)
        return {**config, "flow": flow, "min_scale": self.min_scale}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "FlowDistribution":
        """A layer of a configuration."""
        return cls(**{**config, "flow": keras.saving.deserialize_keras_object(config["flow"])})


def check_inner_flow(argument: str, flow: FlowModel) -> None:
    """Refuses flows that cannot be within a model: no data are there for them to look at, and vectors may be any."""
    if len(flow.event_shape) != 1:
        raise ValueError(f"`{argument}` must be a flow of vectors. Received: event_shape={flow.event_shape}")
    if any(layer.is_data_dependent for layer in flow.bijector_layers):
        raise ValueError(
            f"`{argument}` must have standardize=False: within a model it sees no data to take a scale from. "
            f"Received: {flow.name} with layers that take theirs from data"
        )
    if not flow.inputs_spec.support.everything:
        raise ValueError(
            f"`{argument}` must be a flow of all real numbers. Received: one of {flow.inputs_spec.support.words}"
        )
