"""Layers one after another, as one."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from tfgen.bijectors import OnePassChain, join_couplings
from tfgen.layers.bijectors.adaptation import Rows, adapt_in_order
from tfgen.layers.bijectors.base import BijectorLayer

__all__ = ["Chain", "check_chain"]


@keras.saving.register_keras_serializable(package="tfgen")
class Chain(BijectorLayer):
    """f = f_1 ∘ f_2 ∘ … ∘ f_n, with f_1 nearest to the data: log |det| is the sum of theirs.

    Args:
        layers: f_1 to f_n, at least one, all of one `context_shape`; each takes the shape that the one before it gives.
        **kwargs: Keras's own layer arguments.

    Raises:
        ValueError: where the layers do not fit.

    Example:
        >>> from tfgen.layers import Permutation, Scale
        >>> chain = Chain(layers=[Permutation(event_shape=(2,)), Scale(event_shape=(2,))])
        >>> chain().forward([[1.0, 2.0]]).numpy().tolist()
        [[2.0, 1.0]]
    """

    def __init__(self, *, layers: Sequence[BijectorLayer], **kwargs: Any) -> None:
        if not layers:
            raise ValueError("`layers` must hold at least one layer. Received: an empty sequence")
        first = layers[0]
        super().__init__(event_shape=first.event_shape, context_shape=first.context_shape, **kwargs)
        check_chain(layers, self.event_shape, self.context_shape)
        self.bijector_layers = list(layers)

    @property
    def latent_shape(self) -> tuple[int, ...]:
        """The shape of z."""
        return self.bijector_layers[-1].latent_shape

    @property
    def is_data_dependent(self) -> bool:
        """Whether one of the layers is."""
        return any(layer.is_data_dependent for layer in self.bijector_layers)

    @property
    def is_adapted(self) -> bool:
        """Whether all of the layers are."""
        return all(layer.is_adapted for layer in self.bijector_layers)

    def adapt(self, x: Any, context: Any = None, *, sample_weight: Any = None) -> None:
        """See `BijectorLayer.adapt`: the layers in their order, and data pass none after the last that needs them."""
        adapt_in_order(self.bijector_layers, Rows(x, context, sample_weight))

    def build(self, input_shape: Any = None) -> None:
        """Makes the layers' weights."""
        del input_shape
        for layer in self.bijector_layers:
            if not layer.built:
                layer.build()

    def make_bijector(self, context: tf.Tensor | None) -> OnePassChain:
        """See `BijectorLayer.make_bijector`."""
        arguments = () if context is None else (context,)
        return OnePassChain(join_couplings([layer(*arguments) for layer in self.bijector_layers]), name=self.name)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = {name: value for name, value in super().get_config().items() if not name.endswith("_shape")}
        return {**config, "layers": [keras.saving.serialize_keras_object(layer) for layer in self.bijector_layers]}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Chain":
        """A layer of a configuration."""
        return cls(**{**config, "layers": [keras.saving.deserialize_keras_object(each) for each in config["layers"]]})


def check_chain(
    layers: Sequence[BijectorLayer], event_shape: tuple[int, ...], context_shape: tuple[int, ...] | None
) -> tuple[int, ...]:
    """Refuses layers that do not take what the ones before them give.

    Args:
        layers: from the data on.
        event_shape: of the data.
        context_shape: of one context, or None.

    Returns:
        The shape that the last one gives.

    Raises:
        ValueError: naming the first that does not fit.
    """
    shape = event_shape
    for layer in layers:
        if layer.event_shape != shape or layer.context_shape != context_shape:
            raise ValueError(
                f"`layers` must fit one another: `{layer.name}` is to have event_shape={shape} and "
                f"context_shape={context_shape}. Received: event_shape={layer.event_shape}, "
                f"context_shape={layer.context_shape}"
            )
        shape = layer.latent_shape
    return shape
