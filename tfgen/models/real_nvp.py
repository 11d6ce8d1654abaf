"""RealNVP: a flow of couplings."""

from typing import Any

import keras

from tfgen.layers.arguments import checked_choice, checked_count
from tfgen.layers.bijectors import AffineCoupling, SplineCoupling
from tfgen.layers.bijectors.conditioner import copied_layer
from tfgen.models.flow import FlowModel, alternating_mask

__all__ = ["RealNVP"]


@keras.saving.register_keras_serializable(package="tfgen")
class RealNVP(FlowModel):
    """A normalising flow of couplings: x = f(z), z ~ N(0, I), f = f_1 ∘ … ∘ f_n.

    log p(x | context) = log N(f⁻¹(x); 0, I) + log |det ∂f⁻¹/∂x|. The couplings' masks come in pairs that change
    each other's kept entries; pairs alternate between even against odd entries and first against second half.
    An event of one entry has nothing to keep: its parameters depend on the context alone.

    Args:
        event_shape: the shape of one event, of rank one.
        context_shape: the shape of one context, of rank one, or None; every conditioner sees it.
        couplings: how many, at least one (two where the event has more than one entry).
        transformer: `affine`, as in the paper, or `rational_quadratic_spline`.
        hidden: each conditioner's widths.
        activation: the conditioners', by Keras's names.
        network: a Keras layer or model in the place of each conditioner's perceptron, from [batch, width] to
            [batch, features]; each coupling gets a copy with weights of its own.
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
    """

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        context_shape: tuple[int, ...] | None = None,
        couplings: int = 8,
        transformer: str = "affine",
        hidden: tuple[int, ...] = (64, 64),
        activation: str = "relu",
        network: keras.layers.Layer | None = None,
        max_log_scale: float = 3.0,
        bins: int = 8,
        bound: float = 4.0,
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        size = self.event_shape[0]
        # Two at least, so that every entry is changed; an event of one entry needs one.
        self.couplings = checked_count("couplings", couplings, minimum=min(size, 2))
        self.transformer = checked_choice("transformer", transformer, ("affine", "rational_quadratic_spline"))
        self.max_log_scale, self.bins, self.bound = max_log_scale, bins, bound
        # Its configuration rather than itself, whose weights are no part of the model: couplings have copies.
        self.network_config = None if network is None else keras.saving.serialize_keras_object(network)
        shared = {"hidden": hidden, "activation": activation, "kernel_regularizer": kernel_regularizer}
        layers = []
        for index in range(self.couplings):
            arguments = {
                **self.layer_arguments(f"coupling_{index}"),
                **shared,
                "mask": alternating_mask(index, size),
                "network": copied_layer(network, f"network_{index}"),
            }
            if self.transformer == "affine":
                layers.append(AffineCoupling(max_log_scale=max_log_scale, **arguments))
            else:
                layers.append(SplineCoupling(bins=bins, bound=bound, **arguments))
        self.set_layers(layers)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        coupling = self.bijector_layers[-1].get_config()
        return {
            **super().get_config(),
            **{name: coupling[name] for name in ("hidden", "activation", "kernel_regularizer")},
            "network": self.network_config,
            **{name: getattr(self, name) for name in ("couplings", "transformer", "max_log_scale", "bins", "bound")},
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "RealNVP":
        """A model of a configuration."""
        network = keras.saving.deserialize_keras_object(config.get("network"), custom_objects=custom_objects)
        return cls(**{**config, "network": network})
