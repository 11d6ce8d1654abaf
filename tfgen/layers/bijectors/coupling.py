"""Coupling layers: additive, affine, and by splines; of vectors and of images."""

import functools
from typing import Any

import keras
import tensorflow as tf

from tfgen.bijectors import Additive, Affine, CouplingBijector, Partition, RationalQuadraticSpline, Transformer
from tfgen.layers.arguments import checked_choice
from tfgen.layers.bijectors.base import BijectorLayer
from tfgen.layers.bijectors.conditioner import Conditioner

__all__ = ["AdditiveCoupling", "AffineCoupling", "Coupling", "SplineCoupling", "coupling_of"]


class Coupling(BijectorLayer):
    """A coupling whose parameters come from a network of the kept entries and the context.

    The network's projection begins at zero, the coupling therefore as the identity. The subclasses have a transformer
    each; for another one, subclass this one likewise.

    Args:
        transformer: the map of each changed entry.
        event_shape: the shape of x and of z.
        mask: a truth value for each entry, or of images for each channel: True is kept, False changed. Where none is
            kept, the parameters depend on the context alone (on nothing without one).
        context_shape: the shape of one context, or None.
        hidden: the widths of the perceptron, or of images the filters of a `ConvNet`.
        kernel_sizes: of images, the convolutions' kernels; None is 3, 1, 3, …
        activation: the network's.
        network: a Keras layer or model in the network's place, from [batch, width] to [batch, features], width being
            the kept entries' number and the context's; of images from [batch, height, width, channels] likewise.
        kernel_regularizer: on every kernel of network and projection.
        **kwargs: Keras's own layer arguments.
    """

    def __init__(
        self,
        *,
        transformer: Transformer,
        event_shape: tuple[int, ...],
        mask: tuple[bool, ...],
        context_shape: tuple[int, ...] | None = None,
        hidden: tuple[int, ...] = (64, 64),
        kernel_sizes: tuple[int, ...] | None = None,
        activation: Any = "relu",
        network: keras.layers.Layer | None = None,
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        if len(mask) != self.event_shape[-1]:
            raise ValueError(f"`mask` must have {self.event_shape[-1]} entries. Received: mask={tuple(mask)}")
        self.partition = Partition(mask)
        self.transformer = transformer
        self.conditioner = Conditioner(
            inputs=len(self.partition.kept),
            context_shape=self.context_shape,
            outputs=self.transformer.size * len(self.partition.changed),
            pixels=self.event_shape[:-1],
            hidden=hidden,
            kernel_sizes=kernel_sizes,
            activation=activation,
            network=network,
            kernel_regularizer=kernel_regularizer,
            projection_dtype=self.density_dtype,
            dtype=self.dtype_policy,
            name="conditioner",
        )

    def build(self, input_shape: Any = None) -> None:
        """Makes the conditioner's weights."""
        del input_shape
        self.conditioner.build()

    def make_bijector(self, context: tf.Tensor | None) -> CouplingBijector:
        """See `BijectorLayer.make_bijector`."""
        return CouplingBijector(
            partition=self.partition,
            conditioner=functools.partial(self.conditioner.call, context=context),
            transformer=self.transformer,
            event_ndims=len(self.event_shape),
            dtype=self.density_dtype,
            name=self.name,
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "mask": self.partition.mask, **self.conditioner.get_config()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Coupling":
        """A layer of a configuration."""
        return cls(**{**config, "network": keras.saving.deserialize_keras_object(config.get("network"))})


@keras.saving.register_keras_serializable(package="tfgen")
class AffineCoupling(Coupling):
    """x_changed = z_changed·eˢ + t, with s = m·tanh(r/m) for the network's raw output r and m = `max_log_scale`.

    Bounded, so that neither direction overflows, and close to r near zero.

    Args:
        max_log_scale: m, in nats an entry.
        **kwargs: see `Coupling`.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Dinh et al., *Density estimation using Real NVP*, ICLR 2017, equations 7 and 8.

    Example:
        >>> bijector = AffineCoupling(event_shape=(2,), mask=(True, False))()
        >>> bijector.forward([[1.0, 2.0]]).numpy().tolist()
        [[1.0, 2.0]]
    """

    def __init__(self, *, max_log_scale: float = 3.0, **kwargs: Any) -> None:
        super().__init__(transformer=Affine(max_log_scale=max_log_scale), **kwargs)
        self.max_log_scale = max_log_scale

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "max_log_scale": self.max_log_scale}


@keras.saving.register_keras_serializable(package="tfgen")
class AdditiveCoupling(Coupling):
    """x_changed = z_changed + t: volumes stay as they are.

    Args:
        **kwargs: see `Coupling`.

    Reference:
        Dinh et al., *NICE: non-linear independent components estimation*, ICLR workshop 2015, section 3.2.

    Example:
        >>> bijector = AdditiveCoupling(event_shape=(2,), mask=(True, False))()
        >>> bijector.forward_and_log_det(tf.ones([1, 2]))[1].numpy().tolist()
        [0.0]
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(transformer=Additive(), **kwargs)


@keras.saving.register_keras_serializable(package="tfgen")
class SplineCoupling(Coupling):
    """x_changed = T(z_changed; θ) by monotone rational quadratic splines: see `RationalQuadraticSpline`.

    Args:
        bins: the pieces of each spline.
        bound: B: outside of [−B, B] a spline is the identity. Standardise the data.
        **kwargs: see `Coupling`.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Durkan et al., *Neural spline flows*, NeurIPS 2019.

    Example:
        >>> bijector = SplineCoupling(event_shape=(2,), mask=(True, False), bins=4)()
        >>> bijector.forward([[1.0, 2.0]]).numpy().tolist()
        [[1.0, 2.0]]
    """

    def __init__(self, *, bins: int = 8, bound: float = 4.0, **kwargs: Any) -> None:
        super().__init__(transformer=RationalQuadraticSpline(bins=bins, bound=bound), **kwargs)
        self.bins, self.bound = bins, bound

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "bins": self.bins, "bound": self.bound}


def coupling_of(
    transformer: str, *, max_log_scale: float = 3.0, bins: int = 8, bound: float = 4.0, **arguments: Any
) -> Coupling:
    """A coupling by its transformer's name.

    Args:
        transformer: `additive`, `affine` or `rational_quadratic_spline`.
        max_log_scale: an affine coupling's.
        bins: a spline's.
        bound: a spline's.
        **arguments: what all couplings take: see `Coupling`.

    Raises:
        ValueError: for another name.
    """
    checked_choice("transformer", transformer, ("additive", "affine", "rational_quadratic_spline"))
    if transformer == "additive":
        return AdditiveCoupling(**arguments)
    if transformer == "affine":
        return AffineCoupling(max_log_scale=max_log_scale, **arguments)
    return SplineCoupling(bins=bins, bound=bound, **arguments)
