"""The affine coupling layer: its conditioner's weights."""

import functools
from typing import Any

import keras
import tensorflow as tf

from tfgen.bijectors import AffineCouplingBijector, Partition
from tfgen.layers.arguments import checked_widths
from tfgen.layers.bijectors.base import BijectorLayer
from tfgen.layers.networks import MLP

__all__ = ["AffineCoupling"]


@keras.saving.register_keras_serializable(package="tfgen")
class AffineCoupling(BijectorLayer):
    """An affine coupling whose shift t and log-scale s come from a perceptron of the kept entries and the context.

    x_changed = z_changed·eˢ + t, with s = m·tanh(r/m) for the network's raw output r and m = `max_log_scale`:
    bounded, so that neither direction overflows, and close to r near zero. The network's last layer begins at zero,
    the coupling therefore as the identity.

    Args:
        event_shape: the shape of x and of z, of rank one.
        mask: a truth value for each entry: True is kept, False changed. Where none is kept, t and s depend on the
            context alone (on nothing without one).
        context_shape: the shape of one context, or None.
        hidden: the perceptron's widths.
        activation: the perceptron's.
        max_log_scale: m, in nats an entry.
        kernel_regularizer: on every kernel.
        **kwargs: Keras's own layer arguments.

    Reference:
        Dinh et al., *Density estimation using Real NVP*, ICLR 2017, equations 7 and 8.

    Example:
        >>> bijector = AffineCoupling(event_shape=(2,), mask=(True, False))()
        >>> bijector.forward([[1.0, 2.0]]).numpy().tolist()
        [[1.0, 2.0]]
    """

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        mask: tuple[bool, ...],
        context_shape: tuple[int, ...] | None = None,
        hidden: tuple[int, ...] = (64, 64),
        activation: Any = "relu",
        max_log_scale: float = 3.0,
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        if len(mask) != self.event_shape[0]:
            raise ValueError(f"`mask` must have {self.event_shape[0]} entries. Received: mask={tuple(mask)}")
        if max_log_scale <= 0:
            raise ValueError(f"`max_log_scale` must be positive. Received: max_log_scale={max_log_scale}")
        self.partition = Partition(mask)
        self.max_log_scale = max_log_scale
        self.hidden = checked_widths("hidden", hidden)
        self.activation = keras.activations.get(activation)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

        # How many numbers the conditioner sees; with none, a constant is all there is to learn.
        self._width = len(self.partition.kept) + (self.context_shape[0] if self.context_shape else 0)
        self._outputs = 2 * len(self.partition.changed)
        if self._width:
            self.network = MLP(
                hidden=self.hidden,
                activation=self.activation,
                kernel_regularizer=self.kernel_regularizer,
                dtype=self.dtype_policy,
                name="network",
            )
            self.projection = keras.layers.Dense(
                self._outputs,
                kernel_initializer="zeros",
                kernel_regularizer=self.kernel_regularizer,
                dtype=self.density_dtype,
                name="projection",
            )

    def build(self, input_shape: Any = None) -> None:
        """Makes the conditioner's weights."""
        if self._width:
            self.network.build((None, self._width))
            self.projection.build(self.network.compute_output_shape((None, self._width)))
        else:
            self.constant = self.add_weight(
                name="constant", shape=(self._outputs,), initializer="zeros", dtype=self.density_dtype
            )

    def make_bijector(self, context: tf.Tensor | None) -> AffineCouplingBijector:
        """See `BijectorLayer.make_bijector`."""
        return AffineCouplingBijector(
            partition=self.partition,
            conditioner=functools.partial(self._condition, context=context),
            dtype=self.density_dtype,
            name=self.name,
        )

    def _condition(self, kept: tf.Tensor, *, context: tf.Tensor | None) -> tuple[tf.Tensor, tf.Tensor]:
        if self._width:
            parameters = self._parameters(self._features(kept, context))
        else:
            parameters = tf.convert_to_tensor(self.constant)
        shift, raw = tf.split(parameters, 2, axis=-1)
        return shift, self.max_log_scale * tf.tanh(raw / self.max_log_scale)

    def _features(self, kept: tf.Tensor, context: tf.Tensor | None) -> tf.Tensor:
        """Kept entries and context side by side; their batch shapes broadcast, as TFP's do."""
        if context is None:
            return kept
        if not kept.shape[:-1].is_compatible_with(context.shape[:-1]):
            lead = tf.broadcast_dynamic_shape(tf.shape(kept)[:-1], tf.shape(context)[:-1])
            kept = tf.broadcast_to(kept, tf.concat([lead, tf.shape(kept)[-1:]], axis=0))
            context = tf.broadcast_to(context, tf.concat([lead, self.context_shape], axis=0))
        return tf.concat([kept, context], axis=-1) if self.partition.kept else context

    def _parameters(self, features: tf.Tensor) -> tf.Tensor:
        if features.shape.rank == 2:
            return self.projection(self.network(features))
        flat = tf.reshape(features, [-1, features.shape[-1]])
        shape = tf.concat([tf.shape(features)[:-1], [self._outputs]], axis=0)
        return tf.reshape(self.projection(self.network(flat)), shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "mask": self.partition.mask,
            "hidden": self.hidden,
            "activation": keras.activations.serialize(self.activation),
            "max_log_scale": self.max_log_scale,
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
