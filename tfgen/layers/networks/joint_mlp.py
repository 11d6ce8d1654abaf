"""The multilayer perceptron of two inputs, one of which is known ahead."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from tfgen.layers.arguments import checked_widths
from tfgen.layers.networks.mlp import MLP
from tfgen.layers.products import Products, dense_stepper

__all__ = ["JointMLP"]


@keras.saving.register_keras_serializable(package="tfgen")
class JointMLP(keras.layers.Layer):
    """An MLP of two vectors beside each other, h_1 = φ(W_a a + W_b b + c), where W_a a is computed ahead.

    In a recurrence a is a feature of the data, known for all steps at once, and b the state. Without hidden layers it
    passes the two on, beside each other.

    Args:
        hidden: the widths.
        activation: φ, by Keras's names.
        **kwargs: Keras's own layer arguments.

    Example:
        >>> network = JointMLP(hidden=(8,))
        >>> network.build_for(3, 5)
        >>> ahead = network.prepare(tf.zeros([2, 7, 3]))
        >>> network.stepper()(ahead[:, 0], tf.zeros([2, 5])).shape.as_list()
        [2, 8]
    """

    def __init__(self, *, hidden: tuple[int, ...], activation: Any = "relu", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = checked_widths("hidden", hidden)
        self.network = MLP(hidden=self.hidden, activation=activation, dtype=self.dtype_policy, name="network")

    def build_for(self, known: int, rest: int) -> None:
        """Makes the weights, for the widths of a and b."""
        self.known = known
        self.width = self.hidden[-1] if self.hidden else known + rest
        self.network.build((None, known + rest))
        self.built = True

    def prepare(self, known: tf.Tensor) -> tf.Tensor:
        """W_a a + c, [..., hidden[0]], of a [..., width]."""
        known = tf.cast(known, self.compute_dtype)
        if not self.hidden:
            return known
        kernel, bias = self._weights()
        return tf.tensordot(known, kernel[: self.known], 1) + bias

    def stepper(self, products: Products | None = None) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
        """The function of one step, its weights made ready once: call this outside of a loop, and that inside.

        Args:
            products: gets the affine maps, for a loop that wants to know them.

        Returns:
            From what `prepare` gave for a step and b, each [batch, ...], to features [batch, hidden[-1]].
        """
        if not self.hidden:
            return lambda ahead, rest: tf.concat([ahead, tf.cast(rest, ahead.dtype)], axis=-1)
        products = Products() if products is None else products
        number = products.add(self._weights()[0][self.known :])
        activation, others = self.network.activation, dense_stepper(self.network.dense[1:], products)
        return lambda ahead, rest: others(activation(ahead + products(number, rest)))

    def _weights(self) -> tuple[tf.Tensor, tf.Tensor]:
        first = self.network.dense[0]
        kernel, bias = (
            tf.cast(tf.convert_to_tensor(value), self.compute_dtype) for value in (first.kernel, first.bias)
        )
        return kernel, bias

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "hidden": self.hidden,
            "activation": keras.activations.serialize(self.network.activation),
        }
