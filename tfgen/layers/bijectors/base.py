"""The base of all bijector layers: a context in (or nothing), a bijector out."""

import abc
from typing import Any, ClassVar

import keras
import tensorflow as tf

from tfgen.bijectors import OnePassBijector
from tfgen.layers.arguments import check_event_and_context, checked_shape
from tfgen.layers.precision import density_dtype

__all__ = ["BijectorLayer"]


class BijectorLayer(keras.layers.Layer, abc.ABC):
    """A Keras layer that owns a bijector's weights and builds a fresh bijector at each call.

    TFP objects are thrown away after use: Keras does not see a `tf.Variable` inside one, and such a weight would
    never train. To add a family, subclass it, keep the constructor's own arguments as attributes and return them
    from `get_config`, make the weights in `build`, and give `make_bijector`.

    Args:
        event_shape: the shape of x and of z: of a vector, (size,), or of an image, (height, width, channels). A family
            of vectors alone says so in `event_ranks`.
        context_shape: the shape of one context, or None: of a vector, or beside images of an image with their height
            and width.
        **kwargs: Keras's own layer arguments.

    Input shape:
        Nothing, or a context [batch, *context_shape].

    Output shape:
        A bijector from z to x, both [..., *event_shape]; with a context [..., batch, *event_shape].

    Raises:
        ValueError: for a shape of another rank, or a context that does not fit the event.
    """

    event_ranks: ClassVar[tuple[int, ...]] = (1, 3)
    """The ranks that an event may have."""

    def __init__(
        self, *, event_shape: tuple[int, ...], context_shape: tuple[int, ...] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self.event_shape = checked_shape("event_shape", event_shape)
        self.context_shape = None if context_shape is None else checked_shape("context_shape", context_shape)
        check_event_and_context(self.event_shape, self.context_shape, ranks=self.event_ranks)
        self.density_dtype = density_dtype(self.dtype_policy)

    @property
    def latent_shape(self) -> tuple[int, ...]:
        """The shape of z: x's, but where a layer rearranges it."""
        return self.event_shape

    @property
    def is_data_dependent(self) -> bool:
        """Whether `adapt` takes something from data."""
        return False

    @property
    def is_adapted(self) -> bool:
        """Whether nothing is left to take from data."""
        return True

    def adapt(self, x: Any, context: Any = None, *, sample_weight: Any = None) -> None:
        """Takes from data what a layer sets by them: nothing, but for those that say so.

        Args:
            x: [rows, *event_shape], two rows at least.
            context: [rows, *context_shape], for conditional layers.
            sample_weight: [rows], how often each row counts; None is once.

        Raises:
            ValueError: for data of another shape, fewer rows, or values that are not finite.
        """

    @abc.abstractmethod
    def make_bijector(self, context: tf.Tensor | None) -> OnePassBijector:
        """Builds the bijector.

        Args:
            context: [batch, *context_shape] in the density's dtype, or None.
        """

    def call(self, context: tf.Tensor | None = None) -> OnePassBijector:
        """Builds the bijector, for each row of the context where there is one."""
        expected = None if self.context_shape is None else [None, *self.context_shape]
        given = None if context is None else context.shape
        if (expected is None) != (given is None) or (given is not None and not given.is_compatible_with(expected)):
            wanted = "None" if expected is None else f"[batch, {', '.join(map(str, expected[1:]))}]"
            raise ValueError(f"`context` must be {wanted} for this layer. Received: shape={given}")
        return self.make_bijector(None if context is None else tf.cast(context, self.density_dtype))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "event_shape": self.event_shape, "context_shape": self.context_shape}

    def get_build_config(self) -> None:
        """Nothing: the shapes are in the constructor's arguments."""
        return
