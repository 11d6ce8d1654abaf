"""Shifts, with and without a scale."""

import tensorflow as tf

from tfgen.bijectors.transformers.base import Transformer

__all__ = ["Additive", "Affine"]


class Affine(Transformer):
    """x = z·eˢ + t with s = m·tanh(r/m), of the parameters t and r.

    The log-scale is bounded, so that neither direction overflows, and close to r near zero.

    Args:
        max_log_scale: m, in nats.

    Raises:
        ValueError: where m is not positive and finite.

    Example:
        >>> Affine().forward(tf.constant([2.0]), tf.constant([1.0, 0.0]))[0].numpy().tolist()
        [3.0]
    """

    size = 2

    def __init__(self, *, max_log_scale: float = 3.0) -> None:
        if not 0 < max_log_scale < float("inf"):
            raise ValueError(f"`max_log_scale` must be positive and finite. Received: max_log_scale={max_log_scale}")
        self.max_log_scale = max_log_scale

    def forward(self, z: tf.Tensor, parameters: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `Transformer`."""
        shift, log_scale = self.shift_and_log_scale(parameters)
        return z * tf.exp(log_scale) + shift, log_scale

    def inverse(self, x: tf.Tensor, parameters: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `Transformer`."""
        # The sign is the constant's: an operation less in every coupling of an exported density.
        shift, log_slope = self._shift_and_bounded(parameters, -self.max_log_scale)
        return (x - shift) * tf.exp(log_slope), log_slope

    def shift_and_log_scale(self, parameters: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """t and s, both [..., entries]."""
        return self._shift_and_bounded(parameters, self.max_log_scale)

    def _shift_and_bounded(self, parameters: tf.Tensor, bound: float) -> tuple[tf.Tensor, tf.Tensor]:
        shift, raw = tf.split(parameters, 2, axis=-1)
        return shift, bound * tf.tanh(raw / self.max_log_scale)


class Additive(Transformer):
    """x = z + t, of the parameter t: volumes stay as they are.

    Reference:
        Dinh et al., *NICE: non-linear independent components estimation*, ICLR workshop 2015, section 3.2.
    """

    size = 1

    def forward(self, z: tf.Tensor, parameters: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `Transformer`."""
        return z + parameters, tf.zeros_like(parameters)

    def inverse(self, x: tf.Tensor, parameters: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `Transformer`."""
        return x - parameters, tf.zeros_like(parameters)
