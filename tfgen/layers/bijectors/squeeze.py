"""Space to depth, as a layer."""

from typing import Any

import keras
import tensorflow as tf

from tfgen.bijectors import OnePassBijector, OnePassInverse, SqueezeBijector
from tfgen.layers.bijectors.base import BijectorLayer

__all__ = ["Squeeze"]


@keras.saving.register_keras_serializable(package="tfgen")
class Squeeze(BijectorLayer):
    """z [height/2, width/2, 4·channels] of x [height, width, channels]: each block of 2×2 pixels, row by row.

    Nothing is computed: log |det ∂z/∂x| = 0.

    Args:
        event_shape: [height, width, channels] of x.
        context_shape: the shape of one context, or None; it is not used.
        inverse: whether it is x that is squeezed, and z whose pixels are apart.
        **kwargs: Keras's own layer arguments.

    Raises:
        ValueError: for a height or width that is odd; with `inverse`, for channels that four does not divide.

    Reference:
        Dinh et al., *Density estimation using Real NVP*, ICLR 2017, section 3.6.

    Example:
        >>> layer = Squeeze(event_shape=(2, 2, 1))
        >>> layer.latent_shape
        (1, 1, 4)
        >>> layer().inverse([[[[1.0], [2.0]], [[3.0], [4.0]]]]).numpy().tolist()
        [[[[1.0, 2.0, 3.0, 4.0]]]]
    """

    event_ranks = (3,)

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        context_shape: tuple[int, ...] | None = None,
        inverse: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        self.inverse = inverse
        height, width, channels = self.event_shape
        if not inverse and (height % 2 or width % 2):
            raise ValueError(
                f"`event_shape` must have an even height and width. Received: event_shape={self.event_shape}"
            )
        if inverse and channels % 4:
            raise ValueError(
                f"`event_shape` must have channels that 4 divides. Received: event_shape={self.event_shape}"
            )

    @property
    def latent_shape(self) -> tuple[int, ...]:
        """The shape of z."""
        height, width, channels = self.event_shape
        if self.inverse:
            return 2 * height, 2 * width, channels // 4
        return height // 2, width // 2, 4 * channels

    def build(self, input_shape: Any = None) -> None:
        """There are no weights to make."""
        del input_shape

    def make_bijector(self, context: tf.Tensor | None) -> OnePassBijector:
        """See `BijectorLayer.make_bijector`."""
        del context
        bijector = SqueezeBijector(dtype=self.density_dtype, name=self.name)
        return OnePassInverse(bijector, name=self.name) if self.inverse else bijector

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "inverse": self.inverse}
