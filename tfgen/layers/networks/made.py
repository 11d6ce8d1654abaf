"""The masked perceptron of autoregressive flows."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgen.bijectors.entries import checked_order
from tfgen.layers.arguments import checked_count, checked_widths
from tfgen.layers.networks.spread import SpreadBias

__all__ = ["MADE"]


@keras.saving.register_keras_serializable(package="tfgen")
class MADE(keras.layers.Layer):
    """A perceptron whose outputs for an entry see the entries before it alone, and the context.

    Each unit has a degree, and is connected to units of the layer before whose degree is not larger; an output of the
    i-th entry to units whose degree is below i. Degrees are kept by masks on the kernels.

    Args:
        order: the rank of each entry, 0 to n − 1: entry i sees those of lower rank.
        outputs: how many outputs an entry has.
        hidden: the widths.
        activation: by Keras's names.
        context_width: how many numbers of context every output sees.
        kernel_regularizer: on every kernel.
        output_dtype: the last layer's; the policy's where it is None.
        **kwargs: Keras's own layer arguments.

    Input shape:
        [batch, n], and with a context [batch, context_width].

    Output shape:
        [batch, outputs·n]: the first output of all entries, then the second of all…; zeros at first.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Germain et al., *MADE: masked autoencoder for distribution estimation*, ICML 2015, equations 12 and 13.

    Example:
        >>> made = MADE(order=(0, 1, 2), outputs=2, hidden=(16,))
        >>> made(tf.ones([5, 3])).shape.as_list()
        [5, 6]
    """

    def __init__(
        self,
        *,
        order: Sequence[int],
        outputs: int,
        hidden: tuple[int, ...] = (64, 64),
        activation: Any = "relu",
        context_width: int = 0,
        kernel_regularizer: Any = None,
        output_dtype: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self.order = checked_order(order)
        self.outputs = checked_count("outputs", outputs)
        self.context_width = checked_count("context_width", context_width, minimum=0)
        self.hidden = checked_widths("hidden", hidden)
        self.activation = keras.activations.get(activation)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.output_dtype = output_dtype
        self._masks = self._make_masks()

    def build(self, input_shape: Any = None) -> None:
        """Makes the weights."""
        del input_shape
        relu = self.activation is keras.activations.relu
        self.kernels, self.biases = [], []
        for index, mask in enumerate(self._masks):
            last = index == len(self._masks) - 1
            dtype = (self.output_dtype if last else None) or self.variable_dtype
            initializer = keras.initializers.HeNormal() if relu else keras.initializers.GlorotUniform()
            self.kernels.append(
                self.add_weight(
                    name=f"kernel_{index}",
                    shape=mask.shape,
                    initializer="zeros" if last else initializer,
                    regularizer=self.kernel_regularizer,
                    dtype=dtype,
                    autocast=False,
                )
            )
            spread = SpreadBias(initializer, mask.shape, mask=mask) if index == 0 and not last else "zeros"
            bias = {"shape": mask.shape[1:], "initializer": spread, "dtype": dtype, "autocast": False}
            self.biases.append(self.add_weight(name=f"bias_{index}", **bias))
        self.built = True

    def call(self, x: tf.Tensor, context: tf.Tensor | None = None) -> tf.Tensor:
        """The outputs, flat."""
        features = x if context is None else tf.concat([x, context], axis=-1)
        for index, mask in enumerate(self._masks):
            last = index == len(self._masks) - 1
            dtype = (self.output_dtype if last else None) or self.compute_dtype
            kernel = tf.cast(self.kernels[index], dtype) * tf.constant(mask, dtype)
            features = tf.matmul(tf.cast(features, dtype), kernel) + tf.cast(self.biases[index], dtype)
            features = features if last else self.activation(features)
        return features

    def _make_masks(self) -> list[np.ndarray]:
        """Degrees are the entries' ranks plus one; a context's degree is 0, as everything may see it."""
        count = len(self.order)
        entries = np.array(self.order) + 1
        before = np.concatenate([entries, np.zeros(self.context_width, int)])
        # Units that see no entry serve where there is a context to see.
        lowest = 0 if self.context_width else 1
        masks = []
        for width in self.hidden:
            levels = max(count - lowest, 1)
            # Fewer units than degrees are spread over all of them: the first alone would leave later entries unseen.
            units = np.arange(width) % levels if width >= levels else np.rint(np.linspace(0, levels - 1, width))
            degrees = lowest + units.astype(int)
            masks.append((before[:, None] <= degrees).astype(np.float32))
            before = degrees
        masks.append((before[:, None] < np.tile(entries, self.outputs)).astype(np.float32))
        return masks

    def compute_output_shape(self, x_shape: Any, context_shape: Any = None) -> tuple[int | None, ...]:
        """[batch, outputs·n]."""
        del context_shape
        return (x_shape[0], self.outputs * len(self.order))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "order": self.order,
            "outputs": self.outputs,
            "hidden": self.hidden,
            "activation": keras.activations.serialize(self.activation),
            "context_width": self.context_width,
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "output_dtype": self.output_dtype,
        }
