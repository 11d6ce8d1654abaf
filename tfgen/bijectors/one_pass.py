"""Bijectors that give the value and its log-det-Jacobian in one pass."""

import abc
from collections.abc import Sequence
from typing import Any

import tensorflow as tf
from tensorflow_probability import bijectors as tfb

__all__ = ["OnePassBijector", "OnePassChain", "OnePassInverse"]


class OnePassBijector(tfb.Bijector, abc.ABC):
    """A bijector of vectors or images whose two directions each cost one evaluation.

    TFP asks for the value and for the log-det-Jacobian in two calls, and avoids computing a conditioner twice
    with a cache keyed by tensor identity, which fails across graphs. Here a subclass gives both at once, in
    `forward_and_log_det` and `inverse_and_log_det`; the rest of TFP's interface is derived, so that
    the object still works wherever a `tfb.Bijector` does.

    Forward is from the latent z to the data x, as in TFP.

    Args:
        dtype: of the values.
        name: TFP's.
        parameters: the subclass's constructor arguments, as TFP wants them.
        event_ndims: how many axes an event has: 1 for vectors, 3 for images.
    """

    def __init__(self, *, dtype: Any, name: str, parameters: dict[str, Any], event_ndims: int = 1) -> None:
        self.event_ndims = event_ndims
        super().__init__(forward_min_event_ndims=event_ndims, dtype=dtype, name=name, parameters=parameters)

    @abc.abstractmethod
    def forward_and_log_det(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """x [..., *event] and log |det ∂x/∂z| [...], in nats, for z [..., *event]."""

    @abc.abstractmethod
    def inverse_and_log_det(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """z [..., *event] and log |det ∂z/∂x| [...], in nats, for x [..., *event]."""

    def for_each_row(self, log_det: tf.Tensor, value: tf.Tensor) -> tf.Tensor:
        """A log-det-Jacobian that is the same for all rows, for each row of a value."""
        return tf.fill(tf.shape(value)[: value.shape.rank - self.event_ndims], log_det)

    @classmethod
    def _parameter_properties(cls, dtype: Any) -> dict[str, Any]:
        # A conditioner is a function: TFP cannot infer a batch shape from it, and `Flow` states its own.
        del dtype
        return {}

    def _forward(self, z: tf.Tensor) -> tf.Tensor:
        return self.forward_and_log_det(z)[0]

    def _inverse(self, x: tf.Tensor) -> tf.Tensor:
        return self.inverse_and_log_det(x)[0]

    def _forward_log_det_jacobian(self, z: tf.Tensor) -> tf.Tensor:
        return self.forward_and_log_det(z)[1]

    def _inverse_log_det_jacobian(self, x: tf.Tensor) -> tf.Tensor:
        return self.inverse_and_log_det(x)[1]


class OnePassChain(OnePassBijector):
    """f = f_1 ∘ f_2 ∘ … ∘ f_n, in TFP's order: forward applies the last bijector first.

    Args:
        bijectors: f_1 to f_n, at least one.
        name: TFP's.

    Raises:
        ValueError: for an empty chain.
    """

    def __init__(self, bijectors: Sequence[OnePassBijector], *, name: str = "one_pass_chain") -> None:
        if not bijectors:
            raise ValueError("`bijectors` must hold at least one bijector. Received: an empty sequence")
        self.bijectors = tuple(bijectors)
        super().__init__(
            dtype=self.bijectors[0].dtype,
            event_ndims=self.bijectors[0].event_ndims,
            name=name,
            parameters={"bijectors": bijectors, "name": name},
        )

    def forward_and_log_det(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        value, total = self.bijectors[-1].forward_and_log_det(z)
        for bijector in reversed(self.bijectors[:-1]):
            value, log_det = bijector.forward_and_log_det(value)
            total += log_det
        return value, total

    def inverse_and_log_det(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        value, total = self.bijectors[0].inverse_and_log_det(x)
        for bijector in self.bijectors[1:]:
            value, log_det = bijector.inverse_and_log_det(value)
            total += log_det
        return value, total


class OnePassInverse(OnePassBijector):
    """f⁻¹ in f's place: what was the cheap direction becomes the other one.

    Args:
        bijector: f.
        name: TFP's.
    """

    def __init__(self, bijector: OnePassBijector, *, name: str = "one_pass_inverse") -> None:
        self.bijector = bijector
        parameters = {"bijector": bijector, "name": name}
        super().__init__(dtype=bijector.dtype, event_ndims=bijector.event_ndims, name=name, parameters=parameters)

    def forward_and_log_det(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        return self.bijector.inverse_and_log_det(z)

    def inverse_and_log_det(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        return self.bijector.forward_and_log_det(x)
