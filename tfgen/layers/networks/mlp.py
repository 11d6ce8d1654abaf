"""The multilayer perceptron."""

from typing import Any

import keras
import tensorflow as tf

from tfgen.layers.arguments import checked_widths
from tfgen.layers.networks.spread import SpreadBias

__all__ = ["MLP"]


@keras.saving.register_keras_serializable(package="tfgen")
class MLP(keras.layers.Layer):
    """Dense layers with an activation after each: h_i = φ(W_i h_{i−1} + b_i).

    There is no output projection: what follows owns its own (see `DistributionLayer`, `AffineCoupling`), in the
    precision that it needs.

    Args:
        hidden: the widths; `()` passes the flattened inputs on.
        activation: φ, by Keras's names.
        kernel_regularizer: on every kernel.
        spread: whether the first layer's units begin centred at points of their own (see `SpreadBias`), for inputs of
            mean 0 and variance 1; else all at nought.
        **kwargs: Keras's own layer arguments.

    Input shape:
        [batch, ...]; all but the batch is flattened.

    Output shape:
        [batch, hidden[-1]].

    Raises:
        ValueError: for a width below one.

    Example:
        >>> MLP(hidden=(64, 32))(tf.zeros([5, 3])).shape.as_list()
        [5, 32]
    """

    def __init__(
        self,
        *,
        hidden: tuple[int, ...],
        activation: Any = "tanh",
        kernel_regularizer: Any = None,
        spread: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.hidden = checked_widths("hidden", hidden)
        self.activation = keras.activations.get(activation)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.spread = spread
        self.flatten = keras.layers.Flatten(dtype=self.dtype_policy)
        # By the function, not by its name: whichever of the two a configuration holds, weights begin alike.
        initializer = "he_normal" if self.activation is keras.activations.relu else "glorot_uniform"
        self.dense = [
            keras.layers.Dense(
                width,
                activation=self.activation,
                kernel_initializer=initializer,
                kernel_regularizer=self.kernel_regularizer,
                dtype=self.dtype_policy,
                name=f"dense_{index}",
            )
            for index, width in enumerate(self.hidden)
        ]

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the weights."""
        self.flatten.build(input_shape)
        shape = self.flatten.compute_output_shape(input_shape)
        if self.spread and self.dense:
            first = self.dense[0]
            first.bias_initializer = SpreadBias(first.kernel_initializer, (shape[-1], first.units))
        for dense in self.dense:
            dense.build(shape)
            shape = dense.compute_output_shape(shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The last hidden layer's activations."""
        # A vector needs no reshape: an operation less in every exported graph.
        features = inputs if inputs.shape.rank == 2 else self.flatten(inputs)
        for dense in self.dense:
            features = dense(features)
        return features

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """[batch, width]."""
        width = self.hidden[-1] if self.hidden else self.flatten.compute_output_shape(input_shape)[-1]
        return (input_shape[0], width)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "hidden": self.hidden,
            "activation": keras.activations.serialize(self.activation),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "spread": self.spread,
        }
