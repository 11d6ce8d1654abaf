"""What the parameters of couplings and priors are computed by: a network of kept entries and the context."""

from typing import Any

import keras
import tensorflow as tf

from tfgen.layers.arguments import checked_widths
from tfgen.layers.networks import MLP, ConvNet

__all__ = ["Conditioner", "copied_layer"]


class Conditioner(keras.layers.Layer):
    """Kept entries and a context to the flat parameters of the entries that they change.

    The network's features are projected by a dense layer, or of images by a convolution of 3×3, that begins at zero, in
    the density's precision; all parameters zero make a transformer the identity. Without any input a constant is all
    there is to learn; of images, the same at each pixel.

    Args:
        inputs: how many entries, or channels, are kept.
        context_shape: the shape of one context, or None. Beside images, a vector becomes channels that are the same at
            each pixel.
        outputs: how many parameters, of images at each pixel.
        pixels: an image's height and width; () for vectors.
        hidden: the widths of the perceptron, or the filters of the `ConvNet`, where no network is given.
        kernel_sizes: the `ConvNet`'s.
        activation: the perceptron's or the `ConvNet`'s.
        network: a Keras layer or model from features [batch, *pixels, width] to features [batch, *pixels, width], in
            the place of those; it is used as it is, not copied.
        kernel_regularizer: on the kernels of the network and of the projection.
        projection_dtype: the projection's and the result's.
        **kwargs: Keras's own layer arguments.

    Raises:
        ValueError: naming the argument that is out of range.
    """

    def __init__(
        self,
        *,
        inputs: int,
        context_shape: tuple[int, ...] | None,
        outputs: int,
        projection_dtype: str,
        pixels: tuple[int, ...] = (),
        hidden: tuple[int, ...] = (),
        kernel_sizes: tuple[int, ...] | None = None,
        activation: Any = "relu",
        network: keras.layers.Layer | None = None,
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self.inputs, self.outputs, self.projection_dtype = inputs, outputs, projection_dtype
        self.context_shape, self.pixels = context_shape, tuple(pixels)
        self.hidden = checked_widths("hidden", hidden)
        self.activation = keras.activations.get(activation)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.kernel_sizes = self._checked_kernel_sizes(kernel_sizes)
        self.width = inputs + (context_shape[-1] if context_shape else 0)
        # Where there is nothing to see, a given network is not used either.
        self.has_given_network = network is not None and self.width > 0
        if self.width:
            self.network = self._own_network() if network is None else network
            projection = {
                "kernel_initializer": "zeros",
                "kernel_regularizer": self.kernel_regularizer,
                "dtype": projection_dtype,
                "name": "projection",
            }
            if self.pixels:
                self.projection = keras.layers.Conv2D(outputs, 3, padding="same", **projection)
            else:
                self.projection = keras.layers.Dense(outputs, **projection)

    def build(self, input_shape: Any = None) -> None:
        """Makes the weights."""
        del input_shape
        if self.width:
            shape = (None, *self.pixels, self.width)
            if not self.network.built:
                self.network.build(shape)
            self.projection.build(self.network.compute_output_shape(shape))
        else:
            self.constant = self.add_weight(
                name="constant",
                shape=(self.outputs,),
                initializer="zeros",
                dtype=self.projection_dtype,
                autocast=False,
            )
        self.built = True

    def call(self, kept: tf.Tensor, context: tf.Tensor | None = None) -> tf.Tensor:
        """[..., *pixels, outputs], or [outputs] where nothing is known."""
        if not self.width:
            return tf.convert_to_tensor(self.constant)
        features = self._features(kept, context)
        if features.shape.rank == 2 + len(self.pixels):
            return self.projection(self.network(features))
        flat = tf.reshape(features, [-1, *self.pixels, features.shape[-1]])
        shape = tf.concat([tf.shape(features)[:-1], [self.outputs]], axis=0)
        return tf.reshape(self.projection(self.network(flat)), shape)

    def _own_network(self) -> keras.layers.Layer:
        arguments = {
            "activation": self.activation,
            "kernel_regularizer": self.kernel_regularizer,
            "dtype": self.dtype_policy,
            "name": "network",
        }
        if self.pixels:
            return ConvNet(filters=self.hidden, kernel_sizes=self.kernel_sizes, **arguments)
        return MLP(hidden=self.hidden, spread=True, **arguments)

    def _checked_kernel_sizes(self, kernel_sizes: Any) -> tuple[int, ...] | None:
        if kernel_sizes is None:
            return None
        if not self.pixels:
            raise ValueError(f"`kernel_sizes` must be None for vectors. Received: kernel_sizes={kernel_sizes!r}")
        return checked_widths("kernel_sizes", kernel_sizes)

    def _features(self, kept: tf.Tensor, context: tf.Tensor | None) -> tf.Tensor:
        """Kept entries and context side by side; their batch shapes broadcast, as TFP's do."""
        if context is None:
            return kept
        if self.pixels and self.context_shape is not None and len(self.context_shape) == 1:
            ones = [1] * (context.shape.rank - 1)
            context = tf.tile(context[..., tf.newaxis, tf.newaxis, :], [*ones, *self.pixels, 1])
        kept, context = broadcast_rows(kept, context)
        return tf.concat([kept, context], axis=-1) if self.inputs else context

    def get_config(self) -> dict[str, Any]:
        """What a layer that has a conditioner keeps of it."""
        return {
            "hidden": self.hidden,
            "kernel_sizes": self.kernel_sizes,
            "activation": keras.activations.serialize(self.activation),
            "network": keras.saving.serialize_keras_object(self.network) if self.has_given_network else None,
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }


def broadcast_rows(x: tf.Tensor, context: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Vectors, or pixels, with the batch shape to which those of both broadcast."""
    if x.shape[:-1].is_compatible_with(context.shape[:-1]):
        return x, context
    lead = tf.broadcast_dynamic_shape(tf.shape(x)[:-1], tf.shape(context)[:-1])
    sizes = [tf.concat([lead, tf.shape(value)[-1:]], axis=0) for value in (x, context)]
    return tf.broadcast_to(x, sizes[0]), tf.broadcast_to(context, sizes[1])


def copied_layer(layer: keras.layers.Layer | None, name: str) -> keras.layers.Layer | None:
    """A layer of the same configuration with weights of its own: each coupling of a model has its own network."""
    if layer is None:
        return None
    return type(layer).from_config({**_unshared(layer.get_config()), "name": name})


def _unshared(config: Any) -> Any:
    """A configuration without the marks by which Keras, while it loads a model, would make one object of all copies."""
    if isinstance(config, dict):
        return {key: _unshared(value) for key, value in config.items() if key != "shared_object_id"}
    return [_unshared(value) for value in config] if isinstance(config, list) else config
