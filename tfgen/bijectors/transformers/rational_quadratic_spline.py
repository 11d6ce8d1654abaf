"""Monotone splines of rational quadratic pieces."""

import numpy as np
import tensorflow as tf

from tfgen.bijectors.entries import reshape_events
from tfgen.bijectors.transformers.base import Transformer

__all__ = ["RationalQuadraticSpline"]

_LEAST = 5e-4
"""The smallest bin beside the box, or a tenth of the mean one where there are more than two hundred: a bin's slopes are
then bounded, whatever a network says, and single precision can still tell where in a bin a number lies."""


class RationalQuadraticSpline(Transformer):
    """A monotone map of [−B, B] onto itself, in K pieces that join smoothly; the identity outside.

    Between the knots (u_k, v_k) and (u_{k+1}, v_{k+1}) of slopes d_k and d_{k+1}, with w and h the differences of the
    u and of the v, s = h/w and ξ = (z − u_k)/w:

        x = v_k + h·(s·ξ² + d_k·ξ·(1 − ξ)) / (s + (d_k + d_{k+1} − 2s)·ξ·(1 − ξ))

    The parameters of an entry are K widths and K heights, shares of 2B by a softmax and never below
    1/2000, and K − 1 slopes between knots, e^(m·tanh(r/m)); at both ends it is 1. So no slope can come to exceed or
    vanish beyond a fixed bound, in either direction.

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
        share = _rounded_into((value - left) / width, 1.0)
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
        rise = _rounded_into(value - low, height)
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

    def _shares(self) -> tuple[float, float]:
        """The least share of a bin, and what all of them leave to be shared out."""
        least = min(_LEAST, 0.1 / self.bins)
        return least, 1 - self.bins * least

    def _clip(self, value: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Whether a number is in the box, and it or the box's end: what is not taken makes no NaN in gradients."""
        return tf.abs(value) < self.bound, tf.clip_by_value(value, -self.bound, self.bound)

    def _bin(self, value: tf.Tensor, parameters: tf.Tensor, *, inverse: bool) -> list[tf.Tensor]:
        """u_k, v_k, the bin's width and height, d_k and d_{k+1} for the bin that each number is in, [..., entries].

        Everything is a sum over bins by a mask, which no gather beats, of exponentials as they are: what can wait, the
        softmax's division too, is done to the one bin that was found. Compilers would repeat it for each sum.
        """
        bins = _Bins(parameters, self.bins, self.size)
        widths, heights, slopes = bins.split([self.bins, self.bins, self.bins - 1])
        widths, heights = bins.exponentials(widths), bins.exponentials(heights)
        totals = [bins.total(widths), bins.total(heights)]
        least, rest = self._shares()
        # Knot k lies at the share least·k + rest·(the running sum before it)/(the total). No gradient passes: where a
        # number lies does not vary.
        share = (tf.stop_gradient(value) + self.bound) / (2 * self.bound)
        beyond = bins.beside(share) - bins.of_bins(least * np.arange(self.bins))
        found = heights if inverse else widths
        reached = beyond * bins.beside(tf.stop_gradient(totals[inverse]) / rest) >= bins.running(
            tf.stop_gradient(found)
        )
        later = tf.cast(bins.part(reached, 1, None), value.dtype)
        one = tf.ones_like(bins.part(later, 0, 1))  # the first knot is reached, whatever rounding says
        passed = tf.concat([later, tf.zeros_like(one)], axis=bins.axis)
        here = tf.concat([one, later], axis=bins.axis) - passed
        count = bins.total(passed)
        ends, sizes = [], []
        for exponentials, total in zip((widths, heights), totals, strict=True):
            share_of = rest / total
            ends.append((least * count + share_of * bins.total(exponentials * passed)) * (2 * self.bound) - self.bound)
            sizes.append((least + share_of * bins.total(exponentials * here)) * (2 * self.bound))
        # At both ends no slope is picked: nought, which makes 1.
        picked = (bins.total(slopes * bins.part(here, 1, None)), bins.total(slopes * bins.part(here, 0, -1)))
        return [*ends, *sizes, *(tf.exp(self.max_log_slope * tf.tanh(raw / self.max_log_slope)) for raw in picked)]


def _log_slope(share: tf.Tensor, slope: tf.Tensor, first: tf.Tensor, last: tf.Tensor) -> tf.Tensor:
    """log ∂x/∂z at a share ξ of a bin: equation 5."""
    rest = 1 - share
    between = share * rest
    divisor = slope + (first + last - 2 * slope) * between
    numerator = last * share * share + 2 * slope * between + first * rest * rest
    return 2 * tf.math.log(slope / divisor) + tf.math.log(numerator)


def _rounded_into(value: tf.Tensor, high: tf.Tensor | float) -> tf.Tensor:
    """A number that is in [0, high] but for rounding, as the one found beside a knot may be: its gradient is kept."""
    return value + tf.stop_gradient(tf.clip_by_value(value, 0.0, high) - value)


class _Bins:
    """Parameters of all bins beside numbers [..., entries]: [..., size, entries], and of one entry [..., size].

    Of one entry, bins stand along the last axis, where the entry's own of size one stands for all of them; sums are
    then products with ones, which compilers do several times as fast as sums along the last axis.
    """

    def __init__(self, parameters: tf.Tensor, bins: int, size: int) -> None:
        entries = parameters.shape[-1] // size
        self.bins, self.single, self.dtype = bins, entries == 1, parameters.dtype
        self.axis = -1 if self.single else -2
        self._raw = parameters
        if not self.single:
            self._raw = reshape_events(parameters, 1, [size, entries])

    def split(self, sizes: list[int]) -> list[tf.Tensor]:
        return tf.split(self._raw, sizes, axis=self.axis)

    def exponentials(self, raw: tf.Tensor) -> tf.Tensor:
        """e^(raw − the greatest)."""
        return tf.exp(raw - tf.stop_gradient(tf.reduce_max(raw, axis=self.axis, keepdims=True)))

    def total(self, table: tf.Tensor) -> tf.Tensor:
        """The sum over bins, [..., entries]."""
        if self.single and table.shape.rank > 1:
            return tf.matmul(table, tf.ones([table.shape[-1], 1], self.dtype))
        return tf.reduce_sum(table, axis=self.axis, keepdims=self.single)

    def running(self, table: tf.Tensor) -> tf.Tensor:
        """The sum of all bins before each: as a product with a triangle, which compilers do faster."""
        below = tf.constant(np.tri(self.bins, k=-1), self.dtype)
        if table.shape.rank == 1:  # one row's, for all rows
            return tf.linalg.matvec(below, table)
        return tf.matmul(table, below, transpose_b=True) if self.single else tf.matmul(below, table)

    def beside(self, value: tf.Tensor) -> tf.Tensor:
        """Numbers [..., entries] so that they broadcast against bins."""
        return value if self.single else value[..., tf.newaxis, :]

    def of_bins(self, values: np.ndarray) -> tf.Tensor:
        """One number for each bin, likewise."""
        return tf.constant(values if self.single else values[:, np.newaxis], self.dtype)

    def part(self, table: tf.Tensor, first: int, last: int | None) -> tf.Tensor:
        """Some of the bins."""
        return table[..., first:last] if self.single else table[..., first:last, :]
