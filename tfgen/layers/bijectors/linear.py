"""Linear layers: every entry from every other one, or of images every channel, at each pixel alike."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgen.bijectors import LinearBijector, PermutationBijector
from tfgen.bijectors.entries import checked_order
from tfgen.layers.arguments import checked_choice, checked_count
from tfgen.layers.bijectors.base import BijectorLayer
from tfgen.layers.bijectors.rotation import LUFactors, random_rotation

__all__ = ["LULinear", "Permutation"]


@keras.saving.register_keras_serializable(package="tfgen")
class LULinear(BijectorLayer):
    """z = P·L·U·x with a fixed permutation P; L and U are learned.

    The diagonal of U has fixed signs, and sizes e^(m·tanh(r/m)): no direction can overflow or become singular. Of
    images, x is the vector of a pixel's channels: Glow's invertible 1×1 convolution.

    Args:
        event_shape: the shape of x and of z.
        context_shape: the shape of one context, or None; it is not used.
        order: P: where each entry comes from. None reverses the order, or with `orthogonal` is what its factors need.
        initializer: what P·L·U begins as: `identity`, L and U being it, or `orthogonal`, a random rotation.
        seed: of the rotation, which is the same for it everywhere.
        max_log_scale: m, in nats.
        **kwargs: Keras's own layer arguments; `trainable=False` keeps what L and U begin as.

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
        initializer: str = "identity",
        seed: int = 0,
        max_log_scale: float = 3.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        if not 0 < max_log_scale < float("inf"):
            raise ValueError(f"`max_log_scale` must be positive and finite. Received: max_log_scale={max_log_scale}")
        self.initializer = checked_choice("initializer", initializer, ("identity", "orthogonal"))
        self.seed = checked_count("seed", seed, minimum=0)
        self.max_log_scale = max_log_scale
        size = self.event_shape[-1]
        if self.initializer == "identity":
            self._begin = LUFactors(_order(order, size), np.zeros((size, size)), np.zeros(size), np.ones(size))
        elif order is not None:
            raise ValueError(f"`order` must be None with an orthogonal initializer. Received: order={tuple(order)}")
        else:
            self._begin = random_rotation(size, seed=self.seed, max_log_diagonal=0.9 * max_log_scale)
        self.order = self._begin.order

    def build(self, input_shape: Any = None) -> None:
        """Makes the weights: one matrix for both triangles."""
        del input_shape
        raw = self.max_log_scale * np.arctanh(self._begin.log_diagonal / self.max_log_scale)
        self.triangles = self._add_constant("triangles", self._begin.triangles)
        self.diagonal = self._add_constant("diagonal", raw)

    def _add_constant(self, name: str, value: np.ndarray) -> keras.Variable:
        initializer = keras.initializers.Constant(value)
        return self.add_weight(
            name=name, shape=value.shape, initializer=initializer, dtype=self.density_dtype, autocast=False
        )

    def make_bijector(self, context: tf.Tensor | None) -> LinearBijector:
        """See `BijectorLayer.make_bijector`."""
        del context
        triangles, raw = tf.convert_to_tensor(self.triangles), tf.convert_to_tensor(self.diagonal)
        return LinearBijector(
            order=self.order,
            lower=triangles,
            upper=triangles,
            log_diagonal=self.max_log_scale * tf.tanh(raw / self.max_log_scale),
            signs=tf.constant(self._begin.signs, raw.dtype),
            event_ndims=len(self.event_shape),
            name=self.name,
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "order": self.order if self.initializer == "identity" else None,
            **{name: getattr(self, name) for name in ("initializer", "seed", "max_log_scale")},
        }


@keras.saving.register_keras_serializable(package="tfgen")
class Permutation(BijectorLayer):
    """x_i = z_{order(i)}: nothing to learn, but what follows sees other neighbours.

    Args:
        event_shape: the shape of x and of z; of images, it is the channels that change places.
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
        self.order = _order(order, self.event_shape[-1])

    def build(self, input_shape: Any = None) -> None:
        """There are no weights to make."""
        del input_shape

    def make_bijector(self, context: tf.Tensor | None) -> PermutationBijector:
        """See `BijectorLayer.make_bijector`."""
        del context
        return PermutationBijector(
            self.order, event_ndims=len(self.event_shape), dtype=self.density_dtype, name=self.name
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "order": self.order}


def _order(order: Sequence[int] | None, size: int) -> tuple[int, ...]:
    return checked_order(range(size)[::-1] if order is None else order, size)
