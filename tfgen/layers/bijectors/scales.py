"""What an image is at each scale of a flow."""

from typing import NamedTuple

from tfgen.layers.arguments import checked_count
from tfgen.layers.bijectors.base import BijectorLayer

__all__ = ["ScaleShapes", "most_scales", "scale_shapes"]


class ScaleShapes(NamedTuple):
    """What the layers of one scale take.

    Attributes:
        event: [height, width, channels].
        context: the shape of one context there, or None.
    """

    event: tuple[int, ...]
    context: tuple[int, ...] | None

    def check(self, layer: BijectorLayer) -> None:
        """Refuses a layer of other shapes, or one whose latents are of another.

        Raises:
            ValueError: where it is one.
        """
        found = (layer.event_shape, layer.context_shape, layer.latent_shape)
        if found != (self.event, self.context, self.event):
            raise ValueError(
                f"`scales` must hold layers of event_shape={self.event} and context_shape={self.context}, from and to. "
                f"Received: from {found[0]} to {found[2]}, context_shape={found[1]}"
            )


def most_scales(event_shape: tuple[int, ...]) -> int:
    """How often height and width can be halved.

    Example:
        >>> most_scales((28, 28, 1)), most_scales((7, 8, 1))
        (2, 0)
    """
    height, width = event_shape[:2]
    count = 0
    while not (height % 2 or width % 2):
        height, width, count = height // 2, width // 2, count + 1
    return count


def scale_shapes(
    event_shape: tuple[int, ...], context_shape: tuple[int, ...] | None = None, *, scales: int
) -> list[ScaleShapes]:
    """The shapes at each scale, squeezed once more each time, half of the channels having gone in between.

    Args:
        event_shape: [height, width, channels].
        context_shape: the shape of one context, or None; of an image, it is squeezed alike, and all of it stays.
        scales: how many.

    Raises:
        ValueError: where height or width cannot be halved so often.

    Example:
        >>> [shape.event for shape in scale_shapes((28, 28, 1), scales=2)]
        [(14, 14, 4), (7, 7, 8)]
    """
    checked_count("scales", scales)
    most = most_scales(event_shape)
    if scales > most:
        fit = f"at most {most} fit" if most else "none fits"
        raise ValueError(
            "`scales` must be no more than how often both height and width can be halved: of images "
            f"{event_shape[0]}×{event_shape[1]} {fit}. Received: scales={scales}, event_shape={event_shape}"
        )
    height, width, channels = event_shape
    shapes = []
    for _ in range(scales):
        height, width, channels = height // 2, width // 2, 4 * channels
        if context_shape is not None and len(context_shape) == 3:
            context_shape = (height, width, 4 * context_shape[-1])
        shapes.append(ScaleShapes((height, width, channels), context_shape))
        channels //= 2
    return shapes
