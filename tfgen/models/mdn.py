"""Mixture density networks."""

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.distributions import MixtureNormal
from tfgen.layers.distributions.positive import MIN_SCALE
from tfgen.layers.networks import MLP
from tfgen.models.exact import ExactModel

__all__ = ["MDN"]


@keras.saving.register_keras_serializable(package="tfgen")
class MDN(ExactModel):
    """A mixture density network: p(x | context) = Σ_k π_k(c) N(x; μ_k(c), Σ_k(c)), all functions of one network.

    Args:
        event_shape: the shape of one event x.
        context_shape: the shape of one context.
        components: how many normals.
        hidden: the network's widths.
        activation: the network's, by Keras's names.
        covariance: `"diagonal"` or `"full"`.
        min_scale: the least standard deviation, in the units of x.
        kernel_regularizer: Keras's, on every kernel.
        **kwargs: as in `GenerativeModel`.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Bishop, *Mixture density networks*, Aston University NCRG/94/004, 1994.

    Example:
        >>> mdn = MDN(event_shape=(1,), context_shape=(1,), components=5, hidden=(64, 64))
        >>> mdn.compile("adam")
        >>> mdn.log_prob([[0.2], [0.7]], context=[[0.1], [0.5]]).shape.as_list()
        [2]
        >>> mdn.sample(3, context=[[0.1], [0.5]], seed=0).shape.as_list()
        [3, 2, 1]
    """

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        context_shape: tuple[int, ...],
        components: int = 5,
        hidden: tuple[int, ...] = (64, 64),
        activation: str = "relu",
        covariance: str = "diagonal",
        min_scale: float = MIN_SCALE,
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        if self.context_shape is None:
            raise ValueError("`context_shape` must be given: an MDN is conditional. Received: context_shape=None")
        self.network = MLP(
            hidden=hidden,
            activation=activation,
            kernel_regularizer=kernel_regularizer,
            dtype=self.dtype_policy,
            name="network",
        )
        self.head = MixtureNormal(
            event_shape=self.event_shape,
            components=components,
            covariance=covariance,
            min_scale=min_scale,
            kernel_regularizer=kernel_regularizer,
            dtype=self.dtype_policy,
            name="head",
        )
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights."""
        contexts = (None, *self.inputs_spec.shapes["context"])
        self.network.build(contexts)
        self.head.build(self.network.compute_output_shape(contexts))
        super().build(input_shape)

    def build_distribution(self, context: tf.Tensor | None = None, training: bool | None = None) -> tfd.Distribution:
        """See `ExactModel.build_distribution`."""
        return self.head(self.network(context, training=training)).tensor_distribution

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "components": self.head.components,
            "hidden": self.network.hidden,
            "activation": keras.activations.serialize(self.network.activation),
            "covariance": self.head.covariance,
            "min_scale": self.head.min_scale,
            "kernel_regularizer": keras.regularizers.serialize(self.network.kernel_regularizer),
        }
