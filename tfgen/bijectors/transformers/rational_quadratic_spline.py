"""Monotone splines of rational quadratic pieces."""

import numpy as np
import tensorflow as tf

from tfgen.bijectors.transformers.base import Transformer

__all__ = ["RationalQuadraticSpline"]

_LEAST = 0.01
"""The smallest bin beside the mean one: slopes of a bin are then bounded, whatever a network says."""


class RationalQuadraticSpline(Transformer):
    """A monotone map of [−B, B] onto itself, in K pieces that join smoothly; the identity outside.

    Between the knots (u_k, v_k) and (u_{k+1}, v_{k+1}) of slopes d_k and d_{k+1}, with w and h the differences of the
    u and of the v, s = h/w and ξ = (z − u_k)/w:

        x = v_k + h·(s·ξ² + d_k·ξ·(1 − ξ)) / (s + (d_k + d_{k+1} − 2s)·ξ·(1 − ξ))

    The parameters of an entry are K widths and K heights, shares of 2B by a softmax and never below a hundredth of the
    mean one, and K − 1 slopes between knots, e^(m·tanh(r/m)); at both ends it is 1. So no slope can come to exceed
    or vanish beyond a fixed bound, in either direction.

    Args:
        bins: K, at least two.
        bound: B.
        max_log_slope: m, in nats.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Durkan et al., *Neural spline flows*, NeurIPS 2019, equations 4 to 8.

    Example:
        >>> spline = RationalQuadraticSpline(bins=4)
        >>> x, _ = spline.forward(tf.constant([0.5, 7.0]), tf.zeros([spline.size * 2]))  # zeros make the identity
        >>> x.numpy().tolist()
        [0.5, 7.0]
    """

    def __init__(self, *, bins: int = 8, bound: float = 4.0, max_log_slope: float = 4.0) -> None:
        if isinstance(bins, bool) or not isinstance(bins, int) or bins < 2:
            raise ValueError(f"`bins` must be an integer of at least 2. Received: bins={bins!r}")
        for name, value in (("bound", bound), ("max_log_slope", max_log_slope)):
            if not 0 < value < float("inf"):
                raise ValueError(f"`{name}` must be positive and finite. Received: {name}={value}")
        self.bins, self.bound, self.max_log_slope = bins, bound, max_log_slope
        self.size = 3 * bins - 1

    def forward(self, z: tf.Tensor, parameters: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `Transformer`."""
        inside, value = self._clip(z)
        left, low, width, height, first, last = self._bin(value, parameters, inverse=False)
        share = (value - left) / width
        slope = height / width
        between = share * (1 - share)
        divisor = slope + (first + last - 2 * slope) * between
        found = low + height * (slope * share * share + first * between) / divisor
        log_slope = _log_slope(share, slope, first, last)
        return tf.where(inside, found, z), tf.where(inside, log_slope, tf.zeros_like(log_slope))

    def inverse(self, x: tf.Tensor, parameters: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `Transformer`."""
        inside, value = self._clip(x)
        left, low, width, height, first, last = self._bin(value, parameters, inverse=True)
        slope = height / width
        rise = value - low
        rest = height - rise
        # ξ is the root in [0, 1] of a quadratic equation. With g for the skew, its discriminant is g² + 4s²·rise·rest,
        # and nothing but g itself is a difference: from the nearer end, no digits are lost and none leave [0, 1].
        skew = first * rest - last * rise
        upward = skew >= 0
        reach = tf.where(upward, skew, -skew) + tf.sqrt(skew * skew + 4 * slope * slope * rise * rest)
        share = tf.where(upward, 2 * slope * rise / (reach + 2 * slope * rise), reach / (reach + 2 * slope * rest))
        log_slope = _log_slope(share, slope, first, last)
        found = left + share * width
        return tf.where(inside, found, x), -tf.where(inside, log_slope, tf.zeros_like(log_slope))

    def _clip(self, value: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Whether a number is in the box, and it or the box's end: what is not taken makes no NaN in gradients."""
        return tf.abs(value) < self.bound, tf.clip_by_value(value, -self.bound, self.bound)

    def _bin(self, value: tf.Tensor, parameters: tf.Tensor, *, inverse: bool) -> list[tf.Tensor]:
        """u_k, v_k, the bin's width and height, d_k and d_{k+1} for the bin that each number is in, [..., entries].

        Everything is a sum over bins by a mask, which no gather beats, of the parameters as they are; what can wait is
        done to the one bin that was found, not to all of them.
        """
        widths, heights, slopes = tf.split(self._by_entry(parameters), [self.bins, self.bins, self.bins - 1], axis=-2)
        widths, heights = self._sizes(widths), self._sizes(heights)
        # A running sum as a product with a triangle: compiled, it would take longer than all the rest. No gradient
        # passes, for where a number lies does not vary; of the knot that it is found at, one does below.
        below = tf.constant(np.tri(self.bins, k=-1), value.dtype)
        knots = tf.matmul(below, tf.stop_gradient(heights if inverse else widths)) - self.bound
        reached = tf.cast(value[..., tf.newaxis, :] >= knots, value.dtype)
        passed = tf.pad(reached[..., 1:, :], [[0, 0]] * (reached.shape.rank - 2) + [[0, 1], [0, 0]])
        here = reached - passed

        def pick(table: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
            return tf.reduce_sum(table * mask, axis=-2)

        left, low = (pick(sizes, passed) - self.bound for sizes in (widths, heights))
        width, height = (pick(sizes, here) for sizes in (widths, heights))
        # At both ends no slope is picked: nought, which makes 1.
        first, last = (pick(slopes, mask) for mask in (here[..., 1:, :], here[..., :-1, :]))
        return [left, low, width, height, *map(self._slope, (first, last))]

    def _by_entry(self, parameters: tf.Tensor) -> tf.Tensor:
        """[..., size·entries] to [..., size, entries]."""
        shape = [self.size, parameters.shape[-1] // self.size]
        match parameters.shape.rank:
            case 1:
                return tf.reshape(parameters, shape)
            case 2:  # the usual case needs no shape computed
                return tf.reshape(parameters, [-1, *shape])
        return tf.reshape(parameters, tf.concat([tf.shape(parameters)[:-1], shape], axis=0))

    def _sizes(self, raw: tf.Tensor) -> tf.Tensor:
        """The sizes of bins, which make 2B; of the same shape, [..., bins, entries]."""
        least = _LEAST / self.bins
        return (least + (1 - _LEAST) * tf.nn.softmax(raw, axis=-2)) * (2 * self.bound)

    def _slope(self, raw: tf.Tensor) -> tf.Tensor:
        return tf.exp(self.max_log_slope * tf.tanh(raw / self.max_log_slope))


def _log_slope(share: tf.Tensor, slope: tf.Tensor, first: tf.Tensor, last: tf.Tensor) -> tf.Tensor:
    """log ∂x/∂z at a share ξ of a bin: equation 5."""
    rest = 1 - share
    between = share * rest
    divisor = slope + (first + last - 2 * slope) * between
    numerator = last * share * share + 2 * slope * between + first * rest * rest
    return 2 * tf.math.log(slope / divisor) + tf.math.log(numerator)
