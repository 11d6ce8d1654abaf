"""What flows of images share: their masks and their scales."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from tfgen.layers.bijectors import BijectorLayer, MultiScale
from tfgen.layers.bijectors.scales import ScaleShapes, most_scales, scale_shapes
from tfgen.models.flow import FlowModel

__all__ = ["checked_scales", "image_masks", "multi_scale"]

MakeLayers = Callable[[int, ScaleShapes, Callable[[str], dict[str, Any]]], Sequence[BijectorLayer]]

_USUAL = 2
"""Scales where nobody says how many."""


def checked_scales(event_shape: tuple[int, ...], scales: int | None) -> int:
    """How many scales a flow of images has: two, or one where no more fit, if nobody says.

    Args:
        event_shape: [height, width, channels].
        scales: what a user said.

    Raises:
        ValueError: where height and width cannot be halved so often.

    Example:
        >>> checked_scales((28, 28, 1), None), checked_scales((2, 6, 3), None)
        (2, 1)
    """
    scales = max(1, min(_USUAL, most_scales(event_shape))) if scales is None else scales
    scale_shapes(event_shape, scales=scales)
    return scales


def image_masks(couplings: int, channels: int, *, boards_only: bool = False) -> list[tuple[bool, ...]]:
    """The channels of a squeezed image that each coupling keeps: first by checkerboards, then by channels.

    The first and the last pixel of each block of 2×2 are the black fields of a checkerboard; what the couplings by
    channels keep is the upper or the lower row of pixels, which is no board's. Those that follow each other change each
    other's. Half of the couplings are by checkerboards, and one more where the number is odd.

    Args:
        couplings: how many.
        channels: of the squeezed image, four times those of the image.
        boards_only: whether the ones by channels are left out.

    Reference:
        Dinh et al., *Density estimation using Real NVP*, ICLR 2017, section 3.4 and figure 3.

    Example:
        >>> image_masks(3, 4)
        [(True, False, False, True), (False, True, True, False), (True, True, False, False)]
    """
    boards = couplings - couplings // 2
    block = channels // 4
    masks = []
    for index in range(boards if boards_only else couplings):
        board = index < boards
        kept = (True, False, False, True) if board else (True, True, False, False)
        flip = (index if board else index - boards) % 2 == 1
        masks.append(tuple(pixel != flip for pixel in kept for _ in range(block)))
    return masks


def multi_scale(flow: FlowModel, *, scales: int, make: MakeLayers, **arguments: Any) -> MultiScale:
    """The layer of a flow of images of several scales.

    Args:
        flow: whose shapes it has.
        scales: how many.
        make: from a scale's number, its shapes, and a function from a layer's name to what every layer is told, to the
            layers of the scale.
        **arguments: of `MultiScale`.
    """
    shapes = MultiScale.shapes(flow.event_shape, flow.context_shape, scales=scales)

    def told(name: str, *, shape: ScaleShapes) -> dict[str, Any]:
        return {**flow.layer_arguments(name), "event_shape": shape.event, "context_shape": shape.context}

    layers = [make(index, shape, functools.partial(told, shape=shape)) for index, shape in enumerate(shapes)]
    return MultiScale(scales=layers, **flow.layer_arguments("multi_scale"), **arguments)
