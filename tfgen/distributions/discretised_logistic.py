"""A logistic variable rounded to whole levels."""

import math
import operator
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_probability import bijectors as tfb
from tensorflow_probability import distributions as tfd
from tensorflow_probability import util as tfp_util
from tensorflow_probability.python.internal import dtype_util, samplers, tensor_util

__all__ = ["DiscretisedLogistic"]


class DiscretisedLogistic(tfd.Distribution):
    """The integers `low` … `high`, each with the logistic mass of the unit interval around it.

    With σ the logistic function,

        P(x) = σ((x + ½ − loc)/s) − σ((x − ½ − loc)/s),

    and the first and the last level take the tails too: the likelihood of grey levels in PixelCNN++. It is computed
    without a difference of numbers near each other: for levels that are no ends,

        log P(x) = −softplus(−b) − softplus(a) + log(1 − e^{−1/s}),  a = (x − ½ − loc)/s,  b = (x + ½ − loc)/s,

    and what an end lacks is left out. So it is exact however far x lies from `loc` and however small s is, and its
    gradients are finite. Values below `low`, above `high` or between levels have log-probability −∞.

    Args:
        loc: [...], the logistic's centre, in levels.
        scale: [...], the logistic's scale s > 0, in levels; its standard deviation is π/√3 times as large.
        low: the least level, a Python integer.
        high: the greatest level, a Python integer above `low`.
        validate_args: whether to assert in the graph that scales are positive.
        allow_nan_stats: as in `tfd.Distribution`.
        name: the name of its operations.

    Raises:
        ValueError: where `low` and `high` are no integers in this order.

    Reference:
        Salimans et al., *PixelCNN++*, 2017, equation 2.

    Example:
        >>> grey = DiscretisedLogistic(loc=[100.0, 300.0], scale=10.0, low=0, high=255)
        >>> [f"{mass:.3f}" for mass in grey.prob([100.0, 255.0])]
        ['0.025', '0.990']
    """

    def __init__(
        self,
        loc: Any,
        scale: Any,
        low: int,
        high: int,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "DiscretisedLogistic",
    ) -> None:
        parameters = dict(locals())
        self._low, self._high = _checked_levels(low, high)
        with tf.name_scope(name) as name:
            dtype = dtype_util.common_dtype([loc, scale], dtype_hint=tf.float32)
            self._loc = tensor_util.convert_nonref_to_tensor(loc, name="loc", dtype=dtype)
            self._scale = tensor_util.convert_nonref_to_tensor(scale, name="scale", dtype=dtype)
            super().__init__(
                dtype=dtype,
                reparameterization_type=tfd.NOT_REPARAMETERIZED,
                validate_args=validate_args,
                allow_nan_stats=allow_nan_stats,
                parameters=parameters,
                name=name,
            )

    @classmethod
    def _parameter_properties(cls, dtype: Any, num_classes: Any = None) -> dict[str, Any]:
        return {
            "loc": tfp_util.ParameterProperties(),
            "scale": tfp_util.ParameterProperties(
                default_constraining_bijector_fn=lambda: tfb.Softplus(low=dtype_util.eps(dtype))
            ),
        }

    @property
    def loc(self) -> Any:
        """The logistic's centre."""
        return self._loc

    @property
    def scale(self) -> Any:
        """The logistic's scale."""
        return self._scale

    @property
    def low(self) -> int:
        """The least level."""
        return self._low

    @property
    def high(self) -> int:
        """The greatest level."""
        return self._high

    def _event_shape_tensor(self) -> tf.Tensor:
        return tf.constant([], dtype=tf.int32)

    def _event_shape(self) -> tf.TensorShape:
        return tf.TensorShape([])

    def _log_prob(self, x: tf.Tensor) -> tf.Tensor:
        # By the reciprocal: dividing by s would square it in the gradient, where it may underflow.
        inverse = tf.math.reciprocal(self.scale)
        centred = x - self.loc
        under_top, over_bottom = x < self.high, x > self.low
        nothing = tf.zeros_like(centred * inverse)
        log_prob = (
            tf.where(under_top, -tf.math.softplus(-(centred + 0.5) * inverse), nothing)
            + tf.where(over_bottom, -tf.math.softplus((centred - 0.5) * inverse), nothing)
            + tf.where(under_top & over_bottom, _log1mexp(inverse), nothing)
        )
        level = (x >= self.low) & (x <= self.high) & tf.equal(x, tf.floor(x))
        return tf.where(level, log_prob, tf.constant(-math.inf, self.dtype))

    def _cdf(self, x: tf.Tensor) -> tf.Tensor:
        inside = tf.sigmoid((tf.floor(x) + 0.5 - self.loc) / self.scale)
        capped = tf.where(x < self.high, inside, tf.ones_like(inside))
        return tf.where(x < self.low, tf.zeros_like(inside), capped)

    def _quantile(self, value: tf.Tensor) -> tf.Tensor:
        """The least level whose cumulative probability reaches the value."""
        exact = self.loc + self.scale * (tf.math.log(value) - tf.math.log1p(-value))
        return tf.clip_by_value(tf.math.ceil(exact - 0.5), self.low, self.high)

    def _sample_n(self, n: Any, seed: Any = None) -> tf.Tensor:
        shape = tf.concat([[n], self.batch_shape_tensor()], axis=0)
        tiny = np.finfo(self.dtype.as_numpy_dtype).tiny
        return self._quantile(samplers.uniform(shape, minval=tiny, maxval=1.0, dtype=self.dtype, seed=seed))

    def _mean(self) -> tf.Tensor:
        """low + Σ_x P(X > x), exact: as many sigmoids for each member of the batch as there are levels."""
        above = tf.sigmoid((self.loc[..., tf.newaxis] - 0.5 - self._levels()[:-1]) / self.scale[..., tf.newaxis])
        return self.low + tf.reduce_sum(above, axis=-1)

    def _variance(self) -> tf.Tensor:
        """Exact, at the cost of the mean."""
        return self._expectation((self._levels() - self._mean()[..., tf.newaxis]) ** 2)

    def _entropy(self) -> tf.Tensor:
        """In nats; exact, at the cost of the mean."""
        log_probs = self._log_probs()
        possible = log_probs > -math.inf
        return self._expectation(-tf.where(possible, log_probs, tf.zeros_like(log_probs)))

    def _mode(self) -> tf.Tensor:
        """The level next to `loc`, unless an end's tail weighs more."""
        nearest = tf.broadcast_to(tf.clip_by_value(tf.round(self.loc), self.low, self.high), self._batch_shape_tensor())
        candidates = tf.stack(
            [nearest, tf.fill(tf.shape(nearest), tf.cast(self.low, self.dtype)), 0 * nearest + self.high]
        )
        best = tf.argmax(self._log_prob(candidates), axis=0)
        return tf.where(best == 0, candidates[0], tf.where(best == 1, candidates[1], candidates[2]))

    def _levels(self) -> tf.Tensor:
        return tf.range(self.low, self.high + 1, dtype=self.dtype)

    def _log_probs(self) -> tf.Tensor:
        """[..., levels]."""
        member = DiscretisedLogistic(self.loc[..., tf.newaxis], self.scale[..., tf.newaxis], self.low, self.high)
        return member.log_prob(self._levels())

    def _expectation(self, values: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(tf.exp(self._log_probs()) * values, axis=-1)

    def _default_event_space_bijector(self) -> None:
        return None

    def _parameter_control_dependencies(self, is_init: bool) -> list[Any]:
        if not self.validate_args or is_init == tensor_util.is_ref(self._scale):
            return []
        return [tf.debugging.assert_positive(self._scale, message="Argument `scale` must be positive.")]


def _checked_levels(low: Any, high: Any) -> tuple[int, int]:
    try:
        first, last = operator.index(low), operator.index(high)
    except TypeError:
        first, last = 0, 0
    if not first < last:
        raise ValueError(f"`low` and `high` must be integers, low < high. Received: low={low!r}, high={high!r}")
    return first, last


def _log1mexp(positive: tf.Tensor) -> tf.Tensor:
    """log(1 − e^{−d}) for d > 0, by Mächler's two branches; each sees only its own d, for the gradients' sake."""
    near = positive < math.log(2.0)
    one = tf.ones_like(positive)
    by_expm1 = tf.math.log(-tf.math.expm1(-tf.where(near, positive, one)))
    by_log1p = tf.math.log1p(-tf.exp(-tf.where(near, one, positive)))
    return tf.where(near, by_expm1, by_log1p)
