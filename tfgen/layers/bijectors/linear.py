"""Linear layers: every entry from every other one."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from tfgen.bijectors import LinearBijector, PermutationBijector
from tfgen.bijectors.entries import checked_order
from tfgen.layers.bijectors.base import BijectorLayer

__all__ = ["LULinear", "Permutation"]


@keras.saving.register_keras_serializable(package="tfgen")
class LULinear(BijectorLayer):
    """z = P·L·U·x with a fixed permutation P; L and U are learned, and begin as the identity.

    The diagonal of U is positive, e^(m·tanh(r/m)): no direction can overflow or become singular.

    Args:
        event_shape: the shape of x and of z, of rank one.
        context_shape: the shape of one context, or None; it is not used.
        order: P: where each entry comes from. None reverses the order.
        max_log_scale: m, in nats.
        **kwargs: Keras's own layer arguments.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Kingma and Dhariwal, *Glow*, NeurIPS 2018, equations 10 and 11; Oliva et al., *Transformation autoregressive
        networks*, ICML 2018, section 3.2.

    Example:
        >>> LULinear(event_shape=(2,))().inverse([[1.0, 2.0]]).numpy().tolist()
        [[2.0, 1.0]]
    """

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        context_shape: tuple[int, ...] | None = None,
        order: Sequence[int] | None = None,
        max_log_scale: float = 3.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        if not 0 < max_log_scale < float("inf"):
            raise ValueError(f"`max_log_scale` must be positive and finite. Received: max_log_scale={max_log_scale}")
        self.order = _order(order, self.event_shape[0])
        self.max_log_scale = max_log_scale

    def build(self, input_shape: Any = None) -> None:
        """Makes the weights: one matrix for both triangles."""
        del input_shape
        size = self.event_shape[0]
        zeros = {"initializer": "zeros", "dtype": self.density_dtype, "autocast": False}
        self.triangles = self.add_weight(name="triangles", shape=(size, size), **zeros)
        self.diagonal = self.add_weight(name="diagonal", shape=(size,), **zeros)

    def make_bijector(self, context: tf.Tensor | None) -> LinearBijector:
        """See `BijectorLayer.make_bijector`."""
        del context
        triangles, raw = tf.convert_to_tensor(self.triangles), tf.convert_to_tensor(self.diagonal)
        return LinearBijector(
            order=self.order,
            lower=triangles,
            upper=triangles,
            log_diagonal=self.max_log_scale * tf.tanh(raw / self.max_log_scale),
            signs=tf.ones_like(raw),
            name=self.name,
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "order": self.order, "max_log_scale": self.max_log_scale}


@keras.saving.register_keras_serializable(package="tfgen")
class Permutation(BijectorLayer):
    """x_i = z_{order(i)}: nothing to learn, but what follows sees other neighbours.

    Args:
        event_shape: the shape of x and of z, of rank one.
        context_shape: the shape of one context, or None; it is not used.
        order: where each entry comes from. None reverses the order.
        **kwargs: Keras's own layer arguments.

    Raises:
        ValueError: where the order is no permutation of the event's entries.

    Example:
        >>> Permutation(event_shape=(3,))().forward([[1.0, 2.0, 3.0]]).numpy().tolist()
        [[3.0, 2.0, 1.0]]
    """

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        context_shape: tuple[int, ...] | None = None,
        order: Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        self.order = _order(order, self.event_shape[0])

    def build(self, input_shape: Any = None) -> None:
        """There are no weights to make."""
        del input_shape

    def make_bijector(self, context: tf.Tensor | None) -> PermutationBijector:
        """See `BijectorLayer.make_bijector`."""
        del context
        return PermutationBijector(self.order, dtype=self.density_dtype, name=self.name)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "order": self.order}


def _order(order: Sequence[int] | None, size: int) -> tuple[int, ...]:
    return checked_order(range(size)[::-1] if order is None else order, size)
