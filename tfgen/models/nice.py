"""NICE: additive couplings and one scale, of vectors and of images."""

from collections.abc import Callable, Sequence
from typing import Any

import keras

from tfgen.layers.arguments import checked_count
from tfgen.layers.bijectors import AdditiveCoupling, BijectorLayer, MultiScale, Scale
from tfgen.layers.bijectors.scales import ScaleShapes
from tfgen.models.flow import FlowModel, alternating_mask
from tfgen.models.image_flow import checked_scales, image_masks, multi_scale

__all__ = ["NICE"]


@keras.saving.register_keras_serializable(package="tfgen")
class NICE(FlowModel):
    """A flow of additive couplings, which keep volumes, and a learned scale for each latent entry at the end.

    Of images, blocks of 2×2 pixels become channels, and couplings by checkerboards and then by channels follow; the
    scale is one for each of these channels. z has x's shape.

    Args:
        event_shape: the shape of one event: (size,), or of images (height, width, channels), the former two even.
        context_shape: the shape of one context, a vector, or beside images also an image of their height and width; or
            None. Every conditioner sees it.
        couplings: how many, at least one (two where the event has more than one entry, three of images).
        hidden: each conditioner's widths, or of images its convolutions' filters.
        kernel_sizes: of images, the convolutions' kernels; None is 3, 1, 3, …
        activation: the conditioners', by Keras's names.
        kernel_regularizer: Keras's, on every kernel.
        **kwargs: as in `FlowModel`: `standardize`, and Keras's own.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Dinh et al., *NICE: non-linear independent components estimation*, ICLR workshop 2015.

    Example:
        >>> flow = NICE(event_shape=(2,), couplings=4, hidden=(16,))
        >>> flow.sample(5, seed=0).shape.as_list()
        [5, 2]
        >>> NICE(event_shape=(4, 4, 1), hidden=(8,)).sample(5, seed=0).shape.as_list()
        [5, 4, 4, 1]
    """

    event_ranks = (1, 3)

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        context_shape: tuple[int, ...] | None = None,
        couplings: int = 4,
        hidden: tuple[int, ...] = (64, 64),
        kernel_sizes: tuple[int, ...] | None = None,
        activation: str = "relu",
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        images = len(self.event_shape) == 3
        minimum = 3 if images else min(self.event_shape[0], 2)
        self.couplings = checked_count("couplings", couplings, minimum=minimum)
        shared = {
            "hidden": hidden,
            "kernel_sizes": kernel_sizes,
            "activation": activation,
            "kernel_regularizer": kernel_regularizer,
        }

        def chain(masks: Sequence[tuple[bool, ...]], told: Callable[[str], dict[str, Any]]) -> list[BijectorLayer]:
            layers = [
                AdditiveCoupling(mask=mask, **shared, **told(f"coupling_{index}")) for index, mask in enumerate(masks)
            ]
            return [*layers, Scale(**told("scale"))]

        def scale(index: int, shape: ScaleShapes, told: Callable[[str], dict[str, Any]]) -> list[BijectorLayer]:
            del index
            return chain(image_masks(self.couplings, shape.event[-1]), told)

        if images:
            checked_scales(self.event_shape, 1)
            self.set_layers([multi_scale(self, scales=1, make=scale)])
        else:
            size = self.event_shape[0]
            masks = [alternating_mask(index, size) for index in range(self.couplings)]
            self.set_layers(chain(masks, self.layer_arguments))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        layer = self.own_layers[0]
        coupling = (layer.scales[0].bijector_layers[0] if isinstance(layer, MultiScale) else layer).get_config()
        return {
            **super().get_config(),
            "couplings": self.couplings,
            **{name: coupling[name] for name in ("hidden", "kernel_sizes", "activation", "kernel_regularizer")},
        }
