"""A shift and a scale for each entry, or each channel of an image: learned, or taken from data."""

import abc
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfgen.bijectors import ScaleBijector
from tfgen.layers.arguments import checked_positive
from tfgen.layers.bijectors.adaptation import ends, moments
from tfgen.layers.bijectors.base import BijectorLayer

__all__ = ["ActNorm", "DataDependentLayer", "Scale", "Standardization"]

_LEAST = 1e-6
"""The smallest standard deviation beside the mean square that is believed: a constant entry is left as it is."""


class _Scaling(BijectorLayer):
    """x = z·eˢ + t; the subclasses say who sets s and t, which begin at zero. Of images, one for each channel."""

    def build(self, input_shape: Any = None) -> None:
        """Makes the weights."""
        del input_shape
        learned = {"dtype": self.density_dtype, "initializer": "zeros", "trainable": self.learns, "autocast": False}
        self.shift = self.add_weight(name="shift", shape=self.event_shape[-1:], **learned)
        self.log_scale = self.add_weight(name="log_scale", shape=self.event_shape[-1:], **learned)

    @property
    def learns(self) -> bool:
        """Whether gradients change the weights."""
        return True

    def make_bijector(self, context: tf.Tensor | None) -> ScaleBijector:
        """See `BijectorLayer.make_bijector`."""
        del context
        return ScaleBijector(
            shift=tf.convert_to_tensor(self.shift),
            log_scale=tf.convert_to_tensor(self.log_scale),
            event_shape=self.event_shape,
            name=self.name,
        )


@keras.saving.register_keras_serializable(package="tfgen")
class Scale(_Scaling):
    """x = z·eˢ + t with learned s and t, which begin at zero: log |det ∂x/∂z| = Σ s.

    Of images, s and t are of a channel, the same at each pixel.

    Args:
        event_shape: the shape of x and of z.
        context_shape: the shape of one context, or None; it is not used.
        **kwargs: Keras's own layer arguments.

    Reference:
        Dinh et al., *NICE*, ICLR workshop 2015, section 3.3.

    Example:
        >>> Scale(event_shape=(2,))().forward([[1.0, 2.0]]).numpy().tolist()
        [[1.0, 2.0]]
    """


class DataDependentLayer(_Scaling, abc.ABC):
    """x = z·eˢ + t where the first data to come set s and t: z then has mean 0 and variance 1 in each entry.

    Of images, s and t are of a channel, whose mean and variance are over rows and pixels.

    A flow's `fit` calls `adapt` before its first step, on the host and once, in the order in which data pass its
    layers: nothing in a training step depends on whether it was the first, and replicas begin alike. Whether it has
    been done is a weight, so that a model that was loaded is not adapted again.

    Args:
        event_shape: the shape of x and of z.
        context_shape: the shape of one context, or None; it is not used.
        **kwargs: Keras's own layer arguments.
    """

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
        """Whether data have set the scale."""
        return self.built and bool(int(keras.ops.convert_to_numpy(self.adapted)))

    def adapt(self, x: Any, context: Any = None, *, sample_weight: Any = None) -> None:
        """Takes shift and scale from data.

        Args:
            x: [rows, *event_shape], two rows at least.
            context: not used.
            sample_weight: [rows], how often each row counts; None is once.

        Raises:
            ValueError: for data of another shape, fewer rows, values that are not finite, or weights that are all zero.
        """
        del context
        values = np.asarray(x)
        if values.shape[1:] != self.event_shape or len(values) < 2 or not np.isfinite(values).all():
            raise ValueError(
                f"`x` must be at least two finite rows of shape {self.event_shape}. Received: shape={values.shape}"
            )
        if not self.built:
            self.build()
        mean, deviation, magnitude = moments(values, sample_weight)
        constant = deviation <= _LEAST * magnitude
        self.shift.assign(mean)
        scale = self.scale_of(values, mean, deviation, sample_weight)
        self.log_scale.assign(np.log(np.where(constant, 1.0, scale)))
        self.adapted.assign(1)

    def scale_of(
        self, values: NDArray[Any], mean: NDArray[Any], deviation: NDArray[Any], sample_weight: Any
    ) -> NDArray[Any]:
        """What one is for z: the standard deviation, unless a subclass says otherwise."""
        del values, mean, sample_weight
        return deviation


@keras.saving.register_keras_serializable(package="tfgen")
class ActNorm(DataDependentLayer):
    """A scale and shift that begin where the first data have mean 0 and variance 1, and are then learned.

    Args:
        **kwargs: see `DataDependentLayer`.

    Reference:
        Kingma and Dhariwal, *Glow*, NeurIPS 2018, section 3.1.

    Example:
        >>> layer = ActNorm(event_shape=(1,))
        >>> layer.build()
        >>> layer.adapt([[1.0], [3.0]])
        >>> layer().inverse([[1.0], [3.0]]).numpy().tolist()
        [[-1.0], [1.0]]
    """


@keras.saving.register_keras_serializable(package="tfgen")
class Standardization(DataDependentLayer):
    """A scale and shift that the data set, and that are then kept: gradients leave them as they are.

    Args:
        reach: None, or how far z reaches at least. Where no row is beyond `reach` standard deviations, z has a larger
            variance than 1, and its farthest row is at ±reach: data without tails then fill a spline's box.
        **kwargs: see `DataDependentLayer`.

    Raises:
        ValueError: for a reach that is not positive.

    Example:
        >>> layer = Standardization(event_shape=(1,))
        >>> layer.build()
        >>> layer.adapt([[1.0], [3.0]])
        >>> layer().inverse_and_log_det(tf.constant([[5.0]]))[0].numpy().tolist()
        [[3.0]]
    """

    def __init__(self, *, reach: float | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reach = None if reach is None else checked_positive("reach", reach)

    @property
    def learns(self) -> bool:
        """No: the data alone."""
        return False

    def scale_of(
        self, values: NDArray[Any], mean: NDArray[Any], deviation: NDArray[Any], sample_weight: Any
    ) -> NDArray[Any]:
        """See `DataDependentLayer.scale_of`."""
        if self.reach is None:
            return deviation
        farthest = np.maximum(*(np.abs(end - mean) for end in ends(values, sample_weight)))
        return np.minimum(deviation, farthest / self.reach)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "reach": self.reach}
