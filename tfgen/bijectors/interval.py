"""The real line onto an interval."""

import math
from typing import Any

import numpy as np
import tensorflow as tf

from tfgen.bijectors.one_pass import OnePassBijector

__all__ = ["IntervalBijector"]


class IntervalBijector(OnePassBijector):
    """Each entry from the real line onto (low, high), (low, ∞) or (−∞, high), rising.

        x = low + (high − low)·σ(z)      z = log(x − low) − log(high − x)      log ∂z/∂x = log(high − low) + |…|
        x = low + e^z                    z = log(x − low)                      log ∂z/∂x = −log(x − low)
        x = high − e^(−z)                z = −log(high − x)                    log ∂z/∂x = −log(high − x)

    where |…| is −log(x − low) − log(high − x). Written in the distances from the ends, which floating-point numbers
    near an end give without an error, all digits are kept up to the last number before either end; TFP's `Sigmoid`
    takes 1 − (x − low)/(high − low), which has lost them by then. x is never an end: where it would be rounded to one,
    or overflow, it is the number before.

    Args:
        low: the lower end, a number of the dtype; None where there is none.
        high: the upper end, likewise.
        event_ndims: of the event.
        dtype: of the values.
        name: TFP's.

    Raises:
        ValueError: where no number is between the ends, or there are none.

    Reference:
        Dinh et al., *Density estimation using Real NVP*, ICLR 2017, section 4.1, for the logit.

    Example:
        >>> IntervalBijector(low=0.0, high=4.0).inverse_and_log_det(tf.constant([2.0]))[0].numpy().tolist()
        [0.0]
    """

    def __init__(
        self,
        *,
        low: float | None = None,
        high: float | None = None,
        event_ndims: int = 1,
        dtype: str = "float32",
        name: str = "interval",
    ) -> None:
        number = np.dtype(dtype).type
        # What is nearest to the ends; at zero the least number of all digits, below which processors may round to zero.
        least, greatest = np.finfo(dtype).tiny, np.finfo(dtype).max
        self.least = -greatest if low is None else np.maximum(np.nextafter(number(low), greatest), number(low) + least)
        self.greatest = greatest if high is None else np.minimum(np.nextafter(number(high), -greatest), high - least)
        found = self.least <= self.greatest and (low is None or high is None or high - low <= greatest)
        if (low is None and high is None) or not found:
            raise ValueError(
                f"`low` and `high` must be two numbers of {dtype} with others between them, or one of them None. "
                f"Received: low={low}, high={high}"
            )
        self.low, self.high = low, high
        parameters = {"low": low, "high": high, "event_ndims": event_ndims, "dtype": dtype, "name": name}
        super().__init__(dtype=tf.as_dtype(dtype), event_ndims=event_ndims, name=name, parameters=parameters)

    def forward_and_log_det(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        if self.low is not None and self.high is not None:
            width = self.high - self.low
            # From the nearer end: σ(z) is rounded to one where its distance from it still has all digits. Written in
            # exponentials, since ONNX Runtime's own σ is constant beyond ±18.
            under, over = tf.exp(tf.minimum(z, 0.0)), tf.exp(tf.minimum(-z, 0.0))
            x = tf.where(z < 0, self.low + width * under / (1 + under), self.high - width * over / (1 + over))
            log_slope = math.log(width) - tf.abs(z) - 2 * tf.math.log1p(tf.exp(-tf.abs(z)))
        else:
            rising = z if self.high is None else -z
            distance = tf.exp(tf.minimum(rising, math.log(np.finfo(self.dtype.as_numpy_dtype).max) - 1))
            x = self.low + distance if self.high is None else self.high - distance
            log_slope = rising
        return tf.clip_by_value(x, self.least, self.greatest), self._sum(log_slope)

    def inverse_and_log_det(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`: of what is no number inside, NaN or an infinity; a model refuses it beforehand."""
        above = tf.zeros([], x.dtype) if self.low is None else tf.math.log(x - self.low)
        below = tf.zeros([], x.dtype) if self.high is None else tf.math.log(self.high - x)
        width = 1.0 if self.low is None or self.high is None else self.high - self.low
        return above - below, self._sum(math.log(width) - above - below)

    def _sum(self, log_slope: Any) -> tf.Tensor:
        return tf.reduce_sum(log_slope, axis=range(-self.event_ndims, 0))
