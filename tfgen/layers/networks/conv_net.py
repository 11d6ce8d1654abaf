"""The convolutional network of flows of images."""

from typing import Any

import keras
import tensorflow as tf

from tfgen.layers.arguments import checked_widths

__all__ = ["ConvNet"]


@keras.saving.register_keras_serializable(package="tfgen")
class ConvNet(keras.layers.Layer):
    """Convolutions with an activation after each, h_i = φ(W_i ∗ h_{i−1} + b_i), that keep height and width.

    Glow's has kernels of 3×3 and 1×1 pixels. There is no output projection: what follows owns its own, in the precision
    that it needs (see `AffineCoupling`).

    Args:
        filters: how many channels each convolution gives; `()` passes the images on.
        kernel_sizes: the pixels on each convolution's side, as many as filters; None is 3, 1, 3, 1, …
        activation: φ, by Keras's names.
        kernel_regularizer: on every kernel.
        **kwargs: Keras's own layer arguments.

    Input shape:
        [batch, height, width, channels].

    Output shape:
        [batch, height, width, filters[-1]].

    Raises:
        ValueError: for a number below one, and where there are not as many sizes as filters.

    Reference:
        Kingma and Dhariwal, *Glow*, NeurIPS 2018, appendix B.

    Example:
        >>> ConvNet(filters=(64, 32))(tf.zeros([5, 8, 8, 3])).shape.as_list()
        [5, 8, 8, 32]
    """

    def __init__(
        self,
        *,
        filters: tuple[int, ...],
        kernel_sizes: tuple[int, ...] | None = None,
        activation: Any = "relu",
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = checked_widths("filters", filters)
        self.kernel_sizes = None if kernel_sizes is None else checked_widths("kernel_sizes", kernel_sizes)
        self.activation = keras.activations.get(activation)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        sizes = self.kernel_sizes
        if sizes is None:
            sizes = tuple(3 if index % 2 == 0 else 1 for index in range(len(self.filters)))
        if len(sizes) != len(self.filters):
            raise ValueError(
                f"`kernel_sizes` must be as many as `filters`, {len(self.filters)}. Received: kernel_sizes={sizes}"
            )
        initializer = "he_normal" if self.activation is keras.activations.relu else "glorot_uniform"
        self.convolutions = [
            keras.layers.Conv2D(
                count,
                size,
                padding="same",
                activation=self.activation,
                kernel_initializer=initializer,
                kernel_regularizer=self.kernel_regularizer,
                dtype=self.dtype_policy,
                name=f"convolution_{index}",
            )
            for index, (count, size) in enumerate(zip(self.filters, sizes, strict=True))
        ]

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the weights."""
        shape = input_shape
        for convolution in self.convolutions:
            convolution.build(shape)
            shape = convolution.compute_output_shape(shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The last convolution's activations."""
        features = inputs
        for convolution in self.convolutions:
            features = convolution(features)
        return features

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """[batch, height, width, filters]."""
        return (*input_shape[:-1], self.filters[-1] if self.filters else input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_sizes": self.kernel_sizes,
            "activation": keras.activations.serialize(self.activation),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
