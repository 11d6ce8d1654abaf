"""RealNVP: a flow of affine couplings."""

from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.bijectors import Flow, OnePassChain
from tfgen.layers.arguments import checked_count
from tfgen.layers.bijectors import AffineCoupling
from tfgen.models.endpoints import Endpoint
from tfgen.models.exact import ExactModel

__all__ = ["RealNVP"]


@keras.saving.register_keras_serializable(package="tfgen")
class RealNVP(ExactModel):
    """A normalising flow of affine couplings: x = f(z), z ~ N(0, I), f = f_1 ∘ … ∘ f_n.

    log p(x | context) = log N(f⁻¹(x); 0, I) + log |det ∂f⁻¹/∂x|. The couplings' masks come in pairs that change
    each other's kept entries; pairs alternate between even against odd entries and first against second half.
    An event of one entry has nothing to keep: its shift and scale depend on the context alone.

    Args:
        event_shape: the shape of one event, of rank one.
        context_shape: the shape of one context, of rank one, or None; every conditioner sees it.
        couplings: how many, at least one (two where the event has more than one entry).
        hidden: each conditioner's widths.
        activation: the conditioners', by Keras's names.
        max_log_scale: the bound on |s| in each coupling, in nats an entry.
        kernel_regularizer: Keras's, on every kernel.
        **kwargs: as in `GenerativeModel`.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Dinh et al., *Density estimation using Real NVP*, ICLR 2017.

    Example:
        >>> flow = RealNVP(event_shape=(2,), couplings=4, hidden=(16,))
        >>> round(float(flow.log_prob([[0.0, 0.0]])[0]), 4)  # begins as a standard normal
        -1.8379
        >>> flow.sample(5, seed=0).shape.as_list()
        [5, 2]
    """

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        context_shape: tuple[int, ...] | None = None,
        couplings: int = 8,
        hidden: tuple[int, ...] = (64, 64),
        activation: str = "relu",
        max_log_scale: float = 3.0,
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        if len(self.event_shape) != 1:
            raise ValueError(f"`event_shape` must have rank 1. Received: event_shape={self.event_shape}")
        size = self.event_shape[0]
        # Two at least, so that every entry is changed; an event of one entry needs one.
        couplings = checked_count("couplings", couplings, minimum=min(size, 2))
        self.coupling_layers = [
            AffineCoupling(
                event_shape=self.event_shape,
                context_shape=self.context_shape,
                mask=_mask(index, size),
                hidden=hidden,
                activation=activation,
                max_log_scale=max_log_scale,
                kernel_regularizer=kernel_regularizer,
                dtype=self.dtype_policy,
                name=f"coupling_{index}",
            )
            for index in range(couplings)
        ]
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights."""
        for layer in self.coupling_layers:
            layer.build()
        super().build(input_shape)

    def build_bijector(self, context: tf.Tensor | None = None) -> OnePassChain:
        """f, from z to x."""
        arguments = () if context is None else (context,)
        return OnePassChain([layer(*arguments) for layer in self.coupling_layers])

    def build_distribution(self, context: tf.Tensor | None = None, training: bool | None = None) -> Flow:
        """See `ExactModel.build_distribution`."""
        del training
        location = tf.zeros(self.event_shape, self.density_dtype)
        if context is not None:
            location = tf.zeros_like(context[:, :1]) + location
        base = tfd.Independent(tfd.Normal(location, tf.ones_like(location)), reinterpreted_batch_ndims=1)
        return Flow(distribution=base, bijector=self.build_bijector(context), name=self.name)

    def encode(self, x: Any, context: Any = None) -> tf.Tensor:
        """z = f⁻¹(x), which is standard normal where the model is right.

        Args:
            x: [batch, *event_shape].
            context: [batch, *context_shape], for conditional models.

        Returns:
            z, [batch, *event_shape].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        return self.run("encode", x=x, context=context)["z"]

    def decode(self, z: Any, context: Any = None) -> tf.Tensor:
        """x = f(z), the reverse of `encode`.

        Args:
            z: [batch, *event_shape].
            context: [batch, *context_shape], for conditional models.

        Returns:
            x, [batch, *event_shape].

        Raises:
            ValueError: for bad input, naming the argument.
        """
        return self.run("decode", z=z, context=context)["x"]

    def endpoints(self) -> tuple[Endpoint, ...]:
        """`score`, `sample`, `encode` and `decode`."""
        specs = self.inputs_spec.specs
        latent = tf.TensorSpec([None, *self.event_shape], self.density_dtype, name="z")
        context = specs(self.density_dtype, "context")
        return (
            *super().endpoints(),
            Endpoint("encode", self._encode, specs(self.density_dtype, "x", "context")),
            Endpoint("decode", self._decode, (latent, *context)),
        )

    def _encode(self, x: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        z, log_det = self.build_bijector(context).inverse_and_log_det(x)
        return {"z": z, "log_det_jacobian": log_det}

    def _decode(self, z: tf.Tensor, context: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        return {"x": self.build_bijector(context).forward_and_log_det(z)[0]}

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        coupling = self.coupling_layers[0].get_config()
        names = ("hidden", "activation", "max_log_scale", "kernel_regularizer")
        return {
            **super().get_config(),
            "couplings": len(self.coupling_layers),
            **{name: coupling[name] for name in names},
        }


def _mask(index: int, size: int) -> tuple[bool, ...]:
    """The entries that coupling `index` keeps."""
    if size == 1:
        return (False,)
    flip = index % 2 == 1
    if (index // 2) % 2 == 0:
        return tuple((entry % 2 == 0) != flip for entry in range(size))
    return tuple((entry < size // 2) != flip for entry in range(size))
