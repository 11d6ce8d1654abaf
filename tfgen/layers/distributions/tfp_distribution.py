"""Any family of TFP's as a layer."""

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd
from tensorflow_probability.python.distributions.independent import _Independent

from tfgen.layers.distributions.base import DistributionLayer
from tfgen.layers.distributions.support import Support
from tfgen.layers.distributions.tfp_family import checked_fixed, family_named, layout
from tfgen.noise import Noise, draw, seed_rows

__all__ = ["TFPDistribution"]


@keras.saving.register_keras_serializable(package="tfgen")
class TFPDistribution(DistributionLayer):
    """Features to a family of `tfp.distributions`, by its class name.

    The parameters follow from the features by the family's own bijectors (`parameter_properties`), such as softplus for
    a scale. Entries of an event are independent given the features where the family is one of scalars, as `"Weibull"`;
    a family of vectors, as `"Dirichlet"`, takes the event's last axis as its own. The order of parameters is the
    constructor's.

    Numerical care is the family's own: unlike the layers made for one family, some have densities that are infinite or
    NaN for extreme parameters, or too little float32 precision, and no least scale.

    The point estimate is the first that the family has of mean, mode and median. The support is what TFP tells
    of it: an interval where it does not depend on the parameters.

    Args:
        family: the class's name.
        event_shape: the shape of one event.
        fixed: values of parameters that shall not be predicted: numbers, or lists that broadcast to the event's shape.
        **kwargs: as in `DistributionLayer`.

    Output shape:
        A distribution of batch shape [batch, ...] and event shape `event_shape`, with `log_prob` in nats.

    Raises:
        ValueError: for an unknown family, one whose parameters do not follow from the event's shape, one without a
            density, and one that `tfgen.noise.draw` cannot sample.

    Example:
        >>> layer = TFPDistribution(family="StudentT", event_shape=(3,), fixed={"df": 5.0})
        >>> layer(tf.zeros([2, 8])).log_prob(tf.zeros([2, 3])).shape.as_list()
        [2]
    """

    def __init__(
        self, *, family: str, event_shape: tuple[int, ...], fixed: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(event_shape=event_shape, **kwargs)
        self._family = family_named(family)
        self.family = family
        self.fixed = checked_fixed(fixed)
        with tf.init_scope():
            self._slots = layout(family, self.event_shape, self.fixed, tf.as_dtype(self.density_dtype))
            self._estimate = self._first_estimate(self._tried())
            self.support = self._found_support()

    @property
    def parameter_size(self) -> int:
        """As many as all predicted parameters are made of."""
        return sum(slot.size for slot in self._slots)

    def make_distribution(self, parameters: tf.Tensor) -> tfd.Distribution:
        """See `DistributionLayer.make_distribution`."""
        parts = tf.split(parameters, [slot.size for slot in self._slots], axis=-1)
        values = {slot.name: slot.value(part) for slot, part in zip(self._slots, parts, strict=True)}
        values |= {name: tf.constant(value, parameters.dtype) for name, value in self.fixed.items()}
        member = self._family(**values)
        inner = member.batch_shape.rank - (parameters.shape.rank - 1)
        return tfd.Independent(member, reinterpreted_batch_ndims=inner) if inner else member

    def point_estimate(self, distribution: tfd.Distribution) -> tf.Tensor:
        """The mean, or else the mode, or else the median."""
        if self._estimate == "median":
            # `tfd.Independent` hands quantiles on to nobody.
            scalar = distribution.distribution if self._entrywise else distribution
            value = scalar.quantile(0.5)
        else:
            value = getattr(distribution, self._estimate)()
        return tf.cast(value, self.density_dtype)

    def event_estimate(self, distribution: tfd.Distribution) -> tf.Tensor:
        """The point estimate; of counts, the nearest one."""
        estimate = self.point_estimate(distribution)
        return tf.round(estimate) if self.support.integer else estimate

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "family": self.family, "fixed": dict(self.fixed)}

    def _tried(self) -> tfd.Distribution:
        """A distribution of two members that has a density and can be drawn from."""
        try:
            trial = self.make_distribution(tf.zeros([2, self.parameter_size], self.density_dtype))
            event = draw(trial, Noise(tf.constant(seed_rows(2, 0))))
            log_prob = trial.log_prob(event)
        except Exception as error:  # whatever TFP's families raise where they lack something
            raise ValueError(
                f"`family` must have a density and draws by `tfgen.noise.draw`: {error} "
                f"Received: family={self.family!r}, event_shape={self.event_shape}, fixed={self.fixed!r}"
            ) from error
        shapes = tuple(event.shape), tuple(log_prob.shape)
        if shapes != ((2, *self.event_shape), (2,)) or not (_finite(event) and _finite(log_prob)):
            raise ValueError(
                "`family` must give finite densities and draws of shape `event_shape`: two draws had shape "
                f"{shapes[0]}. Received: family={self.family!r}, event_shape={self.event_shape}, fixed={self.fixed!r}"
            )
        return trial

    def _first_estimate(self, trial: tfd.Distribution) -> str:
        """The first that is finite here, or else the first that there is: of some parameters only there is a mean."""
        self._entrywise = isinstance(trial, _Independent)
        present: list[tuple[bool, int, str]] = []
        for name in ("mean", "mode", "median"):
            self._estimate = name
            try:
                estimate = self.point_estimate(trial)
            except (NotImplementedError, AttributeError, ValueError):
                continue
            if estimate.shape[1:] == self.event_shape:
                present.append((not _finite(estimate), len(present), name))
        if not present:
            raise ValueError(f"`family` must have a mean, a mode or a quantile. Received: family={self.family!r}")
        return min(present)[2]

    def _found_support(self) -> Support:
        """Where TFP's event space bijector sends ±∞, unless that depends on the parameters."""
        low, high = -math.inf, math.inf
        ends = []
        for raw in (0.0, 1.0):
            member = self.make_distribution(tf.fill([1, self.parameter_size], tf.cast(raw, self.density_dtype)))
            try:
                bijector: Any = member.experimental_default_event_space_bijector()
            except (NotImplementedError, AttributeError):
                return Support()
            if bijector is None:
                return Support(low=0 if _no_mass_below_zero(member) else low, integer=True)
            if bijector.forward_min_event_ndims > 0:
                return Support()
            infinite = tf.constant(math.inf, self.density_dtype, [1, *self.event_shape])
            ends += [bijector.forward(-infinite), bijector.forward(infinite)]
        values = np.stack([np.broadcast_to(end, (1, *self.event_shape)) for end in ends])
        # A bijector may fall: the ends are not in their order.
        least, greatest = np.unique(values[0::2]), np.unique(values[1::2])
        if least.size == greatest.size == 1 and not np.isnan(values).any():
            low, high = sorted((float(least[0]), float(greatest[0])))
        return Support(low=low, high=high)


def _no_mass_below_zero(member: tfd.Distribution) -> bool:
    scalar = member.distribution if isinstance(member, _Independent) else member
    try:
        return bool(np.all(scalar.cdf(tf.constant(-1, scalar.dtype)) == 0.0))
    except (NotImplementedError, AttributeError):
        return False


def _finite(values: tf.Tensor) -> bool:
    return bool(np.isfinite(values.numpy().astype(np.float64)).all())
