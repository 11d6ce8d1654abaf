"""Data in an interval: the layers that a flow has next to them."""

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgen.bijectors import IntervalBijector
from tfgen.layers.bijectors.base import BijectorLayer
from tfgen.layers.distributions.support import Support

__all__ = ["Bounded", "Positive"]


@keras.saving.register_keras_serializable(package="tfgen")
class Bounded(BijectorLayer):
    """x in an interval, z any real number: x = low + (high − low)·σ(z), or by an exponential where one end is open.

    With two ends z = logit((x − low)/(high − low)); with one z = log(x − low) or −log(high − x): see
    `IntervalBijector`. An exponential rather than a softplus, since a logarithm makes units of x a shift of z, which a
    `Standardization` takes up; a softplus is a different map for metres and for millimetres.

    A `margin` α puts the ends m = α·(high − low)/(1 − 2α) further out: z = logit(α + (1 − 2α)·(x − low)/(high − low)),
    as images have had since RealNVP, so that data on an end are at a finite z. The density is then one on
    (low − m, high + m), and samples may be anywhere there.

    Args:
        low: the lower end, or None; rounded to the layer's dtype.
        high: the upper end, or None; likewise.
        margin: α, from 0 to less than ½, of two ends.
        **kwargs: as in `BijectorLayer`.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Dinh et al., *Density estimation using Real NVP*, ICLR 2017, section 4.1.

    Example:
        >>> bijector = Bounded(event_shape=(2,), low=-1, high=3)()
        >>> z, log_det = bijector.inverse_and_log_det(tf.constant([[1.0, 1.0]]))
        >>> z.numpy().tolist(), log_det.numpy().tolist()  # log ∂z/∂x = log(4/(2·2)) in the middle
        ([[0.0, 0.0]], [0.0])
    """

    def __init__(
        self, *, low: float | None = None, high: float | None = None, margin: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.low, self.high = _number("low", low), _number("high", high)
        if self.low is None and self.high is None:
            raise ValueError("`low` or `high` must be a number. Received: low=None, high=None")
        if isinstance(margin, bool) or not isinstance(margin, int | float | np.number) or not 0 <= margin < 0.5:
            raise ValueError(f"`margin` must be from 0 to less than 0.5. Received: margin={margin!r}")
        if margin and (self.low is None or self.high is None):
            raise ValueError(f"`margin` must be 0 without both `low` and `high`. Received: margin={margin}")
        self.margin = float(margin)
        self._ends = self._rounded_ends()
        self.make_bijector(None)  # which refuses ends with nothing between them

    def build(self, input_shape: Any = None) -> None:
        """There are no weights to make."""
        del input_shape

    @property
    def support(self) -> Support:
        """The values that x may hold."""
        low, high = self._ends
        return Support(
            low=-math.inf if low is None else low,
            high=math.inf if high is None else high,
            open_ends=True,
            precision=self.density_dtype,
        )

    def make_bijector(self, context: tf.Tensor | None) -> IntervalBijector:
        """See `BijectorLayer.make_bijector`."""
        del context
        low, high = self._ends
        return IntervalBijector(
            low=low, high=high, event_ndims=len(self.event_shape), dtype=self.density_dtype, name=self.name
        )

    def _rounded_ends(self) -> tuple[float | None, float | None]:
        """With the margin; numbers of the dtype, so that what is no event and what has no density are the same."""
        low, high = self.low, self.high
        if low is not None and high is not None:
            wider = self.margin * (high - low) / (1 - 2 * self.margin)
            low, high = low - wider, high + wider
        number = np.dtype(self.density_dtype).type
        with np.errstate(over="ignore"):
            ends = [None if end is None else float(number(end)) for end in (low, high)]
        return ends[0], ends[1]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "low": self.low, "high": self.high, "margin": self.margin}


@keras.saving.register_keras_serializable(package="tfgen")
class Positive(Bounded):
    """x = low + e^z: numbers above `low`.

    Args:
        low: the lower end.
        **kwargs: as in `BijectorLayer`.

    Raises:
        ValueError: where `low` is no finite number.

    Example:
        >>> Positive(event_shape=(1,))().forward([[0.0]]).numpy().tolist()
        [[1.0]]
    """

    def __init__(self, *, low: float = 0.0, **kwargs: Any) -> None:
        super().__init__(low=low, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {name: value for name, value in super().get_config().items() if name not in ("high", "margin")}


def _number(argument: str, value: Any) -> float | None:
    """A finite number, None, or an error that names the argument."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not math.isfinite(value):
        raise ValueError(f"`{argument}` must be a finite number or None. Received: {argument}={value!r}")
    return float(value)
