"""RealNVP: a flow of couplings, of vectors and of images."""

from collections.abc import Callable, Sequence
from typing import Any

import keras

from tfgen.layers.arguments import checked_choice, checked_count
from tfgen.layers.bijectors import BijectorLayer, Coupling, MultiScale
from tfgen.layers.bijectors.conditioner import copied_layer
from tfgen.layers.bijectors.coupling import coupling_of
from tfgen.layers.bijectors.scales import ScaleShapes
from tfgen.models.flow import FlowModel, alternating_mask
from tfgen.models.image_flow import checked_scales, image_masks, multi_scale

__all__ = ["RealNVP"]


@keras.saving.register_keras_serializable(package="tfgen")
class RealNVP(FlowModel):
    """A normalising flow of couplings: x = f(z), z ~ N(0, I), f = f_1 ∘ … ∘ f_n.

    log p(x | context) = log N(f⁻¹(x); 0, I) + log |det ∂f⁻¹/∂x|. The couplings' masks come in pairs that change
    each other's kept entries; pairs alternate between even against odd entries and first against second half.
    An event of one entry has nothing to keep: its parameters depend on the context alone.

    Of images, at each scale blocks of 2×2 pixels become channels, couplings by checkerboards and then by channels
    follow, and half of the channels go; at the last scale there are the ones by checkerboards alone. z has x's shape,
    with the scales one after another in memory.

    Args:
        event_shape: the shape of one event: (size,), or of images (height, width, channels).
        context_shape: the shape of one context, a vector, or beside images also an image of their height and width; or
            None. Every conditioner sees it.
        couplings: how many, at least one (two where the event has more than one entry); of images at each scale, half
            by checkerboards and half by channels, three at least.
        scales: of images, how many scales; None is two, or one where no more fit. Height and width must be divisible
            by two for each.
        transformer: `affine`, as in the paper, or `rational_quadratic_spline`.
        hidden: each conditioner's widths, or of images its convolutions' filters.
        kernel_sizes: of images, the convolutions' kernels; None is 3, 1, 3, …
        activation: the conditioners', by Keras's names.
        network: a Keras layer or model in the place of each conditioner's network, from [batch, width] to
            [batch, features], or of images from [batch, height, width, channels] likewise; each coupling gets a copy
            with weights of its own.
        max_log_scale: the bound on |s| in each affine coupling, in nats an entry.
        bins: a spline's pieces.
        bound: the end of a spline's box, in standard deviations.
        kernel_regularizer: Keras's, on every kernel.
        **kwargs: as in `FlowModel`: `standardize`, and Keras's own.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Dinh et al., *Density estimation using Real NVP*, ICLR 2017.

    Example:
        >>> flow = RealNVP(event_shape=(2,), couplings=4, hidden=(16,))
        >>> round(float(flow.log_prob([[0.0, 0.0]])[0]), 4)  # begins as a standard normal
        -1.8379
        >>> flow.sample(5, seed=0).shape.as_list()
        [5, 2]
        >>> images = RealNVP(event_shape=(4, 4, 1), couplings=4, hidden=(8,))
        >>> images.encode(images.sample(5, seed=0)).shape.as_list()
        [5, 4, 4, 1]
    """

    event_ranks = (1, 3)

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        context_shape: tuple[int, ...] | None = None,
        couplings: int = 8,
        scales: int | None = None,
        transformer: str = "affine",
        hidden: tuple[int, ...] = (64, 64),
        kernel_sizes: tuple[int, ...] | None = None,
        activation: str = "relu",
        network: keras.layers.Layer | None = None,
        max_log_scale: float = 3.0,
        bins: int = 8,
        bound: float = 4.0,
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        # Two at least, so that every entry is changed; an event of one entry needs one, an image a third by channels.
        images = len(self.event_shape) == 3
        minimum = 3 if images else min(self.event_shape[0], 2)
        self.couplings = checked_count("couplings", couplings, minimum=minimum)
        if scales is not None and not images:
            raise ValueError(f"`scales` must be None for vectors. Received: scales={scales!r}")
        self.scales = checked_scales(self.event_shape, scales) if images else None
        self.transformer = checked_choice("transformer", transformer, ("affine", "rational_quadratic_spline"))
        self.max_log_scale, self.bins, self.bound = max_log_scale, bins, bound
        # Its configuration rather than itself, whose weights are no part of the model: couplings have copies.
        self.network_config = None if network is None else keras.saving.serialize_keras_object(network)
        shared = {
            "hidden": hidden,
            "kernel_sizes": kernel_sizes,
            "activation": activation,
            "kernel_regularizer": kernel_regularizer,
            **{name: getattr(self, name) for name in ("transformer", "max_log_scale", "bins", "bound")},
        }

        def chain(masks: Sequence[tuple[bool, ...]], told: Callable[[str], dict[str, Any]]) -> list[BijectorLayer]:
            return [
                coupling_of(
                    mask=mask,
                    network=copied_layer(network, f"network_{index}"),
                    **told(f"coupling_{index}"),
                    **shared,
                )
                for index, mask in enumerate(masks)
            ]

        def scale(index: int, shape: ScaleShapes, told: Callable[[str], dict[str, Any]]) -> list[BijectorLayer]:
            last = index + 1 == self.scales
            return chain(image_masks(self.couplings, shape.event[-1], boards_only=last), told)

        if self.scales is None:
            size = self.event_shape[0]
            masks = [alternating_mask(index, size) for index in range(self.couplings)]
            self.set_layers(chain(masks, self.layer_arguments))
        else:
            self.set_layers([multi_scale(self, scales=self.scales, make=scale, learn_priors=False)])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        coupling = self._first_coupling().get_config()
        own = ("couplings", "scales", "transformer", "max_log_scale", "bins", "bound")
        return {
            **super().get_config(),
            **{name: coupling[name] for name in ("hidden", "kernel_sizes", "activation", "kernel_regularizer")},
            "network": self.network_config,
            **{name: getattr(self, name) for name in own},
        }

    def _first_coupling(self) -> Coupling:
        layer = self.own_layers[0]
        return layer.scales[0].bijector_layers[0] if isinstance(layer, MultiScale) else layer

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "RealNVP":
        """A model of a configuration."""
        network = keras.saving.deserialize_keras_object(config.get("network"), custom_objects=custom_objects)
        return cls(**{**config, "network": network})
