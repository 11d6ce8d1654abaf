"""Autoregressive layers: each entry is changed by what the entries before it say."""

import functools
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import tensorflow as tf

from tfgen.bijectors import (
    Affine,
    MaskedAutoregressiveBijector,
    OnePassBijector,
    OnePassInverse,
    RationalQuadraticSpline,
    Transformer,
)
from tfgen.layers.arguments import checked_choice
from tfgen.layers.bijectors.base import BijectorLayer
from tfgen.layers.bijectors.conditioner import broadcast_rows
from tfgen.layers.networks.made import MADE

__all__ = ["MaskedAutoregressive"]

_TRANSFORMERS = ("affine", "rational_quadratic_spline")


@keras.saving.register_keras_serializable(package="tfgen")
class MaskedAutoregressive(BijectorLayer):
    """x_i = T(z_i; θ_i(x_1 … x_{i−1}, context)), θ from a masked perceptron that begins as the identity.

    The density is one pass of the perceptron, a sample one for each entry. With `inverse`, the two change places: θ_i
    depends on z_1 … z_{i−1}, and it is sampling that is one pass.

    Args:
        event_shape: the shape of x and of z, of rank one.
        context_shape: the shape of one context, or None.
        order: the rank of each entry: entry i depends on those of lower rank. None is 0, 1, …
        transformer: `affine` or `rational_quadratic_spline`.
        inverse: whether forward is the direction of one pass, as in inverse autoregressive flows.
        hidden: the perceptron's widths.
        activation: the perceptron's.
        max_log_scale: the bound on an affine transformer's log-scale, in nats.
        bins: a spline's pieces.
        bound: the end of a spline's box.
        kernel_regularizer: on every kernel.
        **kwargs: Keras's own layer arguments.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Papamakarios et al., *Masked autoregressive flow for density estimation*, NeurIPS 2017; Kingma et al.,
        *Improving variational inference with inverse autoregressive flow*, NeurIPS 2016.

    Example:
        >>> bijector = MaskedAutoregressive(event_shape=(3,), hidden=(8,))()
        >>> bijector.forward([[1.0, 2.0, 3.0]]).numpy().tolist()
        [[1.0, 2.0, 3.0]]
    """

    event_ranks: ClassVar[tuple[int, ...]] = (1,)
    """Vectors alone."""

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        context_shape: tuple[int, ...] | None = None,
        order: Sequence[int] | None = None,
        transformer: str = "affine",
        inverse: bool = False,
        hidden: tuple[int, ...] = (64, 64),
        activation: Any = "relu",
        max_log_scale: float = 3.0,
        bins: int = 8,
        bound: float = 4.0,
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        size = self.event_shape[0]
        order = tuple(range(size)) if order is None else tuple(order)
        if len(order) != size:
            raise ValueError(f"`order` must have {size} entries. Received: order={order}")
        self.kind, self.inverse = checked_choice("transformer", transformer, _TRANSFORMERS), inverse
        self.max_log_scale, self.bins, self.bound = max_log_scale, bins, bound
        self.transformer = self._make_transformer()
        self.network = MADE(
            order=order,
            outputs=self.transformer.size,
            hidden=hidden,
            activation=activation,
            context_width=self.context_shape[0] if self.context_shape else 0,
            kernel_regularizer=kernel_regularizer,
            output_dtype=self.density_dtype,
            dtype=self.dtype_policy,
            name="network",
        )

    def build(self, input_shape: Any = None) -> None:
        """Makes the perceptron's weights."""
        del input_shape
        self.network.build()

    def make_bijector(self, context: tf.Tensor | None) -> OnePassBijector:
        """See `BijectorLayer.make_bijector`."""
        bijector = MaskedAutoregressiveBijector(
            conditioner=functools.partial(self._condition, context=context),
            transformer=self.transformer,
            dtype=self.density_dtype,
            name=self.name,
        )
        return OnePassInverse(bijector, name=self.name) if self.inverse else bijector

    def _condition(self, x: tf.Tensor, *, context: tf.Tensor | None) -> tf.Tensor:
        if context is not None:
            x, context = broadcast_rows(x, context)
        if x.shape.rank == 2:
            return self.network(x) if context is None else self.network(x, context)
        flat = [tf.reshape(value, [-1, value.shape[-1]]) for value in (x, context) if value is not None]
        outputs = self.transformer.size * self.event_shape[0]
        return tf.reshape(self.network(*flat), tf.concat([tf.shape(x)[:-1], [outputs]], axis=0))

    def _make_transformer(self) -> Transformer:
        if self.kind == "affine":
            return Affine(max_log_scale=self.max_log_scale)
        return RationalQuadraticSpline(bins=self.bins, bound=self.bound)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        network = self.network.get_config()
        return {
            **super().get_config(),
            **{name: network[name] for name in ("order", "hidden", "activation", "kernel_regularizer")},
            "transformer": self.kind,
            "inverse": self.inverse,
            "max_log_scale": self.max_log_scale,
            "bins": self.bins,
            "bound": self.bound,
        }
