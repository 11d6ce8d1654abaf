"""The base of all distribution layers: features in, `tfd.Distribution` out."""

import abc
import math
from typing import Any

import keras
import tensorflow as tf
from tensorflow_probability import distributions as tfd
from tensorflow_probability.python.layers.internal.distribution_tensor_coercible import _TensorCoercible

from tfgen.layers.arguments import checked_shape
from tfgen.layers.distributions.support import Support
from tfgen.layers.precision import density_dtype

__all__ = ["DistributionLayer", "unflatten"]


class _LayerOutput(_TensorCoercible):
    """A distribution that Keras may take for the tensor of its point estimate."""

    @property
    def shape(self) -> tf.TensorShape:
        """The point estimate's: TFP's own returns a method, and Keras reads a model of several outputs' batch here."""
        return tf.convert_to_tensor(self).shape


class DistributionLayer(keras.layers.Layer, abc.ABC):
    """A Keras layer that owns the weights from features to the parameters of a distribution.

    The layer projects its features linearly to `parameter_size` numbers for each event and hands them to
    `make_distribution`. To add a family, subclass it, and

    1. keep the constructor's own arguments as attributes and return them from `get_config`;
    2. give `parameter_size`, the count of unconstrained parameters;
    3. give `make_distribution`, from unconstrained parameters to a `tfd.Distribution` whose log-density is
       finite for all of them;
    4. where the family has no mean, give `point_estimate` and `point_shape`, and `event_estimate`;
    5. where an event is no real number of unit size, give `support` and `to_features`;
    6. see that `tfgen.noise.draw` knows the family.

    Whatever the dtype policy, the projection and the density are computed in float32 at least.

    Args:
        event_shape: the shape of one event, such as `(2,)`; `()` for scalars.
        kernel_initializer: the projection's.
        bias_initializer: the projection's.
        kernel_regularizer: the projection's.
        **kwargs: Keras's own layer arguments (`name`, `dtype`, `trainable`).

    Input shape:
        Features [batch, ..., width].

    Output shape:
        A `tfd.Distribution` of batch shape [batch, ...] and the given event shape. Keras sees it as
        its point estimate (the mean), so that `predict` and metrics work.
    """

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...] | list[int],
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        # Casting the features here, not by Keras, keeps half-precision policies away from the density.
        super().__init__(autocast=False, **kwargs)
        self.event_shape = checked_shape("event_shape", event_shape)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.density_dtype = density_dtype(self.dtype_policy)

    support: Support = Support()
    """The values that an event may hold."""

    @property
    @abc.abstractmethod
    def parameter_size(self) -> int:
        """How many unconstrained numbers describe one distribution."""

    @abc.abstractmethod
    def make_distribution(self, parameters: tf.Tensor) -> tfd.Distribution:
        """Builds the distribution.

        Args:
            parameters: [..., parameter_size], any real numbers.

        Returns:
            A distribution of batch shape [...] and event shape `event_shape`.
        """

    def point_estimate(self, distribution: tfd.Distribution) -> tf.Tensor:
        """What `predict` gives: the mean."""
        return distribution.mean()

    @property
    def point_shape(self) -> tuple[int, ...]:
        """The shape of one point estimate."""
        return self.event_shape

    def event_estimate(self, distribution: tfd.Distribution) -> tf.Tensor:
        """What to show for a distribution, [..., *event_shape]: the point estimate, of binary pixels a grey."""
        return self.point_estimate(distribution)

    def to_features(self, event: tf.Tensor) -> tf.Tensor:
        """An event as a network should read it: about centred and of unit size; one-hot for class numbers.

        Args:
            event: [..., *event_shape].

        Returns:
            [..., *event_shape], or of more channels: [..., *event_shape[:-1], channels].
        """
        return event

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the projection for features of the given width."""
        self.projection = keras.layers.Dense(
            self.parameter_size,
            kernel_initializer=self.kernel_initializer,
            bias_initializer=self.bias_initializer,
            kernel_regularizer=self.kernel_regularizer,
            dtype=self.density_dtype,
            name="projection",
        )
        self.projection.build(input_shape)

    def call(self, features: tf.Tensor) -> tfd.Distribution:
        """Builds the distribution for each row of features."""
        return _LayerOutput(self.make_distribution(self.project(features)), self.point_estimate)

    def project(self, features: tf.Tensor) -> tf.Tensor:
        """The unconstrained parameters [batch, ..., parameter_size] that `make_distribution` takes."""
        return self.projection(tf.cast(features, self.density_dtype))

    def compute_output_spec(self, features: keras.KerasTensor) -> keras.KerasTensor:
        """What Keras is told while it builds functional models: the point estimate's shape."""
        return keras.KerasTensor((*features.shape[:-1], *self.point_shape), dtype=self.density_dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The point estimate's shape."""
        return (*input_shape[:-1], *self.point_shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = super().get_config()
        config.update(
            event_shape=self.event_shape,
            kernel_initializer=keras.initializers.serialize(self.kernel_initializer),
            bias_initializer=keras.initializers.serialize(self.bias_initializer),
            kernel_regularizer=keras.regularizers.serialize(self.kernel_regularizer),
        )
        return config

    @property
    def event_size(self) -> int:
        """How many numbers one event holds."""
        return math.prod(self.event_shape)


def unflatten(values: tf.Tensor, shape: tuple[int, ...]) -> tf.Tensor:
    """[..., size of the shape] to [..., *shape].

    After a plain batch the shape is a constant: a computed one would cost every exported graph five nodes a tensor.
    """
    if values.shape.rank == 2:
        return tf.reshape(values, [-1, *shape])
    return tf.reshape(values, tf.concat([tf.shape(values)[:-1], shape], axis=0))
