"""Glow: a flow of images with invertible 1×1 convolutions."""

from collections.abc import Callable
from typing import Any

import keras

from tfgen.layers.arguments import checked_choice, checked_count
from tfgen.layers.bijectors import ActNorm, AffineCoupling, BijectorLayer, LULinear
from tfgen.layers.bijectors.conditioner import copied_layer
from tfgen.layers.bijectors.coupling import coupling_of
from tfgen.layers.bijectors.scales import ScaleShapes
from tfgen.models.flow import FlowModel
from tfgen.models.image_flow import checked_scales, multi_scale

__all__ = ["Glow"]


@keras.saving.register_keras_serializable(package="tfgen")
class Glow(FlowModel):
    """A flow of images: x = f(z), z ~ N(0, I), f of several scales of several steps.

    From the data on, each scale turns blocks of 2×2 pixels into channels, takes `depth` steps, and lets half of the
    channels go to z; a step is an `ActNorm`, which the first data set, an invertible 1×1 convolution (`LULinear`) that
    begins as a random rotation, and a coupling that keeps half of the channels and begins as the identity.

        log p(x | context) = log N(z; 0, I) + Σ_scales [ Σ_steps (H·W·Σ log|s| + H·W·Σ log|u_ii| + Σ log ∂T) − Σ s(h) ]

    with N(μ(h), e^(2s(h))) the prior, learned by a convolution, of what goes given what stays and the context; of what
    is left at the last scale it is learned too, for each channel, or as the context tells. z has x's shape, with the
    scales one after another in memory.

    Args:
        event_shape: (height, width, channels); height and width divisible by two for each scale.
        context_shape: the shape of one context, a vector (such as a label's one-hot) or an image of the events' height
            and width; or None. Every conditioner and every prior sees it.
        scales: L, how many scales.
        depth: K, how many steps each has.
        transformer: of the couplings: `affine`, `additive` or `rational_quadratic_spline`.
        hidden: the filters of each coupling's network, a `ConvNet`.
        kernel_sizes: its kernels; None is 3, 1, 3, …
        activation: its activation, by Keras's names.
        network: a Keras layer or model in its place, from [batch, height, width, channels] to
            [batch, height, width, features]; each coupling gets a copy with weights of its own.
        max_log_scale: the bound on |s| of affine couplings and priors and on |log |u_ii||, in nats an entry.
        bins: a spline's pieces.
        bound: the end of a spline's box.
        seed: of the rotations.
        kernel_regularizer: Keras's, on every kernel of the networks and priors.
        **kwargs: as in `FlowModel`: `standardize`, `low` and `high`, and Keras's own.

    Raises:
        ValueError: naming the argument that is out of range; of `scales`, how many fit.

    Reference:
        Kingma and Dhariwal, *Glow: generative flow with invertible 1×1 convolutions*, NeurIPS 2018, table 1, figure 2
        and appendix B.

    Example:
        >>> flow = Glow(event_shape=(4, 4, 1), scales=2, depth=1, hidden=(8, 8))
        >>> x = flow.sample(5, seed=0)
        >>> x.shape.as_list(), flow.encode(x).shape.as_list(), flow.log_prob(x).shape.as_list()
        ([5, 4, 4, 1], [5, 4, 4, 1], [5])
    """

    event_ranks = (3,)

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        context_shape: tuple[int, ...] | None = None,
        scales: int = 2,
        depth: int = 8,
        transformer: str = "affine",
        hidden: tuple[int, ...] = (128, 128),
        kernel_sizes: tuple[int, ...] | None = None,
        activation: str = "relu",
        network: keras.layers.Layer | None = None,
        max_log_scale: float = 3.0,
        bins: int = 8,
        bound: float = 4.0,
        seed: int = 0,
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        self.scales = checked_scales(self.event_shape, checked_count("scales", scales))
        self.depth, self.seed = checked_count("depth", depth), checked_count("seed", seed, minimum=0)
        names = ("affine", "additive", "rational_quadratic_spline")
        self.transformer = checked_choice("transformer", transformer, names)
        self.max_log_scale, self.bins, self.bound = max_log_scale, bins, bound
        # Its configuration rather than itself, whose weights are no part of the model: couplings have copies.
        self.network_config = None if network is None else keras.saving.serialize_keras_object(network)
        first_seed = self.seed * self.scales * self.depth  # no rotation twice, whichever seeds two models have
        shared = {
            "hidden": hidden,
            "kernel_sizes": kernel_sizes,
            "activation": activation,
            "kernel_regularizer": kernel_regularizer,
            **{name: getattr(self, name) for name in ("transformer", "max_log_scale", "bins", "bound")},
        }

        def steps(index: int, shape: ScaleShapes, told: Callable[[str], dict[str, Any]]) -> list[BijectorLayer]:
            channels = shape.event[-1]
            layers: list[BijectorLayer] = []
            for step in range(self.depth):
                mixing: dict[str, Any] = {"initializer": "orthogonal", "seed": first_seed + index * self.depth + step}
                layers += [
                    ActNorm(**told(f"act_norm_{step}")),
                    LULinear(max_log_scale=max_log_scale, **mixing, **told(f"linear_{step}")),
                    coupling_of(
                        mask=(True,) * (channels // 2) + (False,) * (channels // 2),
                        network=copied_layer(network, f"network_{step}"),
                        **told(f"coupling_{step}"),
                        **shared,
                    ),
                ]
            if index + 1 == self.scales:
                # A normal of what the context tells, of all channels: an affine map that keeps none.
                prior = {"mask": (False,) * channels, "hidden": (), "kernel_regularizer": kernel_regularizer}
                layers.append(AffineCoupling(max_log_scale=max_log_scale, **prior, **told("prior")))
            return layers

        priors = {"max_log_scale": max_log_scale, "kernel_regularizer": kernel_regularizer}
        self.set_layers([multi_scale(self, scales=self.scales, make=steps, **priors)])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        coupling = self.own_layers[0].scales[0].bijector_layers[2].get_config()
        own = ("scales", "depth", "transformer", "max_log_scale", "bins", "bound", "seed")
        return {
            **super().get_config(),
            **{name: coupling[name] for name in ("hidden", "kernel_sizes", "activation", "kernel_regularizer")},
            "network": self.network_config,
            **{name: getattr(self, name) for name in own},
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "Glow":
        """A model of a configuration."""
        network = keras.saving.deserialize_keras_object(config.get("network"), custom_objects=custom_objects)
        return cls(**{**config, "network": network})
