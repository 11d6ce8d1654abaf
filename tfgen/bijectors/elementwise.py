"""Fixed maps of each entry: scales, and TFP's elementwise bijectors."""

import tensorflow as tf
from tensorflow_probability import bijectors as tfb

from tfgen.bijectors.entries import refuse_other_size
from tfgen.bijectors.one_pass import OnePassBijector

__all__ = ["ElementwiseBijector", "ScaleBijector"]


class ScaleBijector(OnePassBijector):
    """x = z·eˢ + t with s and t the same for all rows: log |det ∂x/∂z| = Σ s.

    Args:
        shift: t, of a shape that broadcasts to the event's.
        log_scale: s, likewise.
        event_shape: the event's.
        name: TFP's.
    """

    def __init__(
        self, *, shift: tf.Tensor, log_scale: tf.Tensor, event_shape: tuple[int, ...], name: str = "scale"
    ) -> None:
        self.shift, self.log_scale, self.event_shape = shift, log_scale, event_shape
        parameters = {"shift": shift, "log_scale": log_scale, "event_shape": event_shape, "name": name}
        super().__init__(dtype=shift.dtype, event_ndims=len(event_shape), name=name, parameters=parameters)

    def forward_and_log_det(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        refuse_other_size(z, self.event_shape)
        return z * tf.exp(self.log_scale) + self.shift, self._log_det(z)

    def inverse_and_log_det(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        refuse_other_size(x, self.event_shape)
        return (x - self.shift) * tf.exp(-self.log_scale), -self._log_det(x)

    def _log_det(self, value: tf.Tensor) -> tf.Tensor:
        total = tf.reduce_sum(tf.broadcast_to(self.log_scale, self.event_shape))
        return self.for_each_row(total, value)


class ElementwiseBijector(OnePassBijector):
    """One of TFP's bijectors of numbers for each entry of an event.

    Args:
        bijector: from z to x; its `forward_min_event_ndims` is 0.
        event_ndims: of the event.
        dtype: of the values.
        name: TFP's.

    Raises:
        ValueError: where the bijector is of more than numbers.
    """

    def __init__(
        self, bijector: tfb.Bijector, *, event_ndims: int = 1, dtype: str = "float32", name: str = "elementwise"
    ) -> None:
        if bijector.forward_min_event_ndims != 0 or bijector.inverse_min_event_ndims != 0:
            raise ValueError(f"`bijector` must map single numbers. Received: {bijector}")
        self.bijector = bijector
        parameters = {"bijector": bijector, "event_ndims": event_ndims, "dtype": dtype, "name": name}
        super().__init__(dtype=tf.as_dtype(dtype), event_ndims=event_ndims, name=name, parameters=parameters)

    def forward_and_log_det(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        log_slope = self.bijector.forward_log_det_jacobian(z, event_ndims=0)
        return self.bijector.forward(z), self._sum(log_slope, z)

    def inverse_and_log_det(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        log_slope = self.bijector.inverse_log_det_jacobian(x, event_ndims=0)
        return self.bijector.inverse(x), self._sum(log_slope, x)

    def _sum(self, log_slope: tf.Tensor, value: tf.Tensor) -> tf.Tensor:
        # One of a constant slope gives a single number.
        return tf.reduce_sum(log_slope + tf.zeros_like(value), axis=range(-self.event_ndims, 0))
