"""A spline for each entry, which begins where data have standard normal entries."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfgen.layers.bijectors.coupling import SplineCoupling

__all__ = ["MarginalSpline"]

_FLATTEST = 1e-4
"""The least share of a bin that data leave empty: it must be able to grow again."""


@keras.saving.register_keras_serializable(package="tfgen")
class MarginalSpline(SplineCoupling):
    """x_i = T(z_i; θ_i) by splines whose θ_i the first data set, and that are then learned.

    The knots of z_i lie evenly on [−B, B], and those of x_i at the quantiles F_i⁻¹(Φ(z_i)) of the data: each entry of z
    is then about standard normal, with hard edges, several modes or heavy tails in its place. What is left to the
    layers behind are dependences. Without a context θ is a weight; with one, a linear function of it, which begins
    constant.

    Args:
        event_shape: the shape of x and of z, of rank one.
        context_shape: the shape of one context, or None.
        bins: the pieces of each spline.
        bound: B: standardise the data.
        **kwargs: Keras's own layer arguments.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Chen and Gopinath, *Gaussianization*, NeurIPS 2000, section 3, whose marginal step this is; Meng et al.,
        *Gaussianization flows*, AISTATS 2020.

    Example:
        >>> layer = MarginalSpline(event_shape=(1,), bins=32)
        >>> layer.build()
        >>> x = np.random.default_rng(0).uniform(-1.7, 1.7, (4000, 1)).astype("float32")
        >>> layer.adapt(x)
        >>> z = layer().inverse(x).numpy()  # uniform no more
        >>> round(float((z**4).mean() / (z**2).mean() ** 2), 1)
        3.0
    """

    event_ranks = (1,)

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        context_shape: tuple[int, ...] | None = None,
        bins: int = 64,
        bound: float = 4.0,
        **kwargs: Any,
    ) -> None:
        mask = (False,) * event_shape[0] if len(event_shape) == 1 else ()
        arguments = {"event_shape": event_shape, "context_shape": context_shape, "mask": mask, "hidden": ()}
        super().__init__(bins=bins, bound=bound, **arguments, **kwargs)

    def build(self, input_shape: Any = None) -> None:
        """Makes the weights."""
        super().build(input_shape)
        self.adapted = self.add_weight(name="adapted", shape=(), initializer="zeros", dtype="int32", trainable=False)

    @property
    def is_data_dependent(self) -> bool:
        """Yes."""
        return True

    @property
    def is_adapted(self) -> bool:
        """Whether data have set the splines."""
        return self.built and bool(int(keras.ops.convert_to_numpy(self.adapted)))

    def adapt(self, x: Any, context: Any = None, *, sample_weight: Any = None) -> None:
        """Takes the splines from data.

        Args:
            x: [rows, *event_shape], two rows at least.
            context: not used.
            sample_weight: [rows], how often each row counts; None is once.

        Raises:
            ValueError: for data of another shape, fewer rows, or values that are not finite.
        """
        del context
        values = np.asarray(x, np.float64)
        if values.shape[1:] != self.event_shape or len(values) < 2 or not np.isfinite(values).all():
            raise ValueError(
                f"`x` must be at least two finite rows of shape {self.event_shape}. Received: shape={values.shape}"
            )
        if not self.built:
            self.build()
        counts = np.ones(len(values)) if sample_weight is None else np.asarray(sample_weight, np.float64).reshape(-1)
        parameters = np.stack([self._parameters(column, counts) for column in values.T], axis=1)
        target = self.conditioner.projection.bias if self.conditioner.width else self.conditioner.constant
        target.assign(parameters.reshape(-1))
        self.adapted.assign(1)

    def _parameters(self, column: NDArray[Any], counts: NDArray[Any]) -> NDArray[Any]:
        """θ of one entry."""
        even = np.linspace(-self.bound, self.bound, self.bins + 1)
        share = 0.5 * (1 + tf.math.erf(even / np.sqrt(2)).numpy())
        order = np.argsort(column, kind="stable")
        reached = (np.cumsum(counts[order]) - 0.5 * counts[order]) / counts.sum()
        inside = np.clip(column[order], -self.bound, self.bound)
        # Beyond the data's own ends the box's: few are there, and none are lost.
        knots = np.interp(share, [0, *reached, 1], [-self.bound, *inside, self.bound])
        knots[[0, -1]] = -self.bound, self.bound
        sizes = np.maximum(np.diff(knots) / (2 * self.bound), _FLATTEST / self.bins)
        sizes /= sizes.sum()
        # Harmonic means: beside a gap in the data, what is dense stays so up to its edge.
        secants = sizes * self.bins
        slopes = 2 / (1 / secants[1:] + 1 / secants[:-1])
        return self.transformer.parameters_of(np.full(self.bins, 1 / self.bins), sizes, slopes)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = super().get_config()
        names = ("mask", "hidden", "activation", "network", "kernel_sizes")
        return {name: value for name, value in config.items() if name not in names}
