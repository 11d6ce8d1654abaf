"""Space to depth: an image's blocks of pixels as channels."""

import tensorflow as tf

from tfgen.bijectors.entries import reshape_events
from tfgen.bijectors.one_pass import OnePassBijector

__all__ = ["SqueezeBijector"]


class SqueezeBijector(OnePassBijector):
    """z [height/2, width/2, 4·channels] of x [height, width, channels]: each block of 2×2 pixels, row by row.

    Nothing is computed: log |det ∂z/∂x| = 0. A coupling of the channels of z is one of x's channels, or, where it keeps
    the first and the last pixel of each block, one by a checkerboard.

    Args:
        dtype: of the values.
        name: TFP's.

    Reference:
        Dinh et al., *Density estimation using Real NVP*, ICLR 2017, section 3.6.

    Example:
        >>> SqueezeBijector().inverse(tf.reshape(tf.range(4.0), [1, 2, 2, 1])).numpy().tolist()
        [[[[0.0, 1.0, 2.0, 3.0]]]]
    """

    def __init__(self, *, dtype: str = "float32", name: str = "squeeze") -> None:
        super().__init__(dtype=tf.as_dtype(dtype), event_ndims=3, name=name, parameters={"dtype": dtype, "name": name})

    def forward_and_log_det(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`."""
        height, width, channels = z.shape[-3:]
        x = _regrouped(z, [height, width, 2, 2, channels // 4], [2 * height, 2 * width, channels // 4])
        return x, self.for_each_row(tf.zeros([], z.dtype), z)

    def inverse_and_log_det(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """See `OnePassBijector`.

        Raises:
            ValueError: where height or width is odd.
        """
        height, width, channels = x.shape[-3:]
        if height % 2 or width % 2:
            raise ValueError(f"`x` must have an even height and width. Received: shape={x.shape}")
        z = _regrouped(x, [height // 2, 2, width // 2, 2, channels], [height // 2, width // 2, 4 * channels])
        return z, self.for_each_row(tf.zeros([], x.dtype), x)


def _regrouped(value: tf.Tensor, apart: list[int], together: list[int]) -> tf.Tensor:
    """The second and the third of five axes exchanged, rows before them as they are."""
    lead = value.shape.rank - 3
    axes = [*range(lead), *(lead + axis for axis in (0, 2, 1, 3, 4))]
    return reshape_events(tf.transpose(reshape_events(value, 3, apart), axes), 5, together)
