"""Autoregressive flows: each entry is changed by what the entries before it say."""

from collections.abc import Callable

import tensorflow as tf

from tfgen.bijectors.one_pass import OnePassBijector
from tfgen.bijectors.transformers import Transformer

__all__ = ["MaskedAutoregressiveBijector"]


class MaskedAutoregressiveBijector(OnePassBijector):
    """x_i = T(z_i; θ_i(x_1 … x_{i−1})), in the order that the conditioner has.

    The inverse, and with it the density, is one pass of the conditioner; forward, and with it sampling, takes one for
    each entry, in a loop. log |det ∂x/∂z| = Σ_i log ∂T(z_i; θ_i)/∂z_i.

    Args:
        conditioner: from x [..., entries] to the transformer's flat parameters [..., size·entries], where those of an
            entry depend on the entries before it alone.
        transformer: T.
        dtype: of the values.
        name: TFP's.

    Reference:
        Papamakarios et al., *Masked autoregressive flow for density estimation*, NeurIPS 2017, equations 3 to 5.
    """

    def __init__(
        self,
        *,
        conditioner: Callable[[tf.Tensor], tf.Tensor],
        transformer: Transformer,
        dtype: str = "float32",
        name: str = "masked_autoregressive",
    ) -> None:
        self.conditioner, self.transformer = conditioner, transformer
        parameters = {"conditioner": conditioner, "transformer": transformer, "dtype": dtype, "name": name}
        super().__init__(dtype=tf.as_dtype(dtype), name=name, parameters=parameters)

    def forward_and_log_det(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`: after step i the first i entries are right, whatever the others are."""
        x, log_slope = self._step(z, tf.zeros_like(z))

        def again(index: tf.Tensor, x: tf.Tensor, log_slope: tf.Tensor) -> tuple[tf.Tensor, ...]:
            del log_slope
            return index + 1, *self._step(z, x)

        entries = z.shape[-1]
        if entries > 1:
            _, x, log_slope = tf.while_loop(
                lambda index, *_: index < entries,
                again,
                (tf.constant(1), x, log_slope),
                shape_invariants=(tf.TensorShape([]), x.shape, log_slope.shape),
                maximum_iterations=entries - 1,
            )
        return x, tf.reduce_sum(log_slope, axis=-1)

    def inverse_and_log_det(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        z, log_slope = self.transformer.inverse(x, self.conditioner(x))
        return z, tf.reduce_sum(log_slope + tf.zeros_like(z), axis=-1)

    def _step(self, z: tf.Tensor, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        after, log_slope = self.transformer.forward(z, self.conditioner(x))
        return after, log_slope + tf.zeros_like(after)
