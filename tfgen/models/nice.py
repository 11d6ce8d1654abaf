"""NICE: additive couplings and one scale."""

from typing import Any

import keras

from tfgen.layers.arguments import checked_count
from tfgen.layers.bijectors import AdditiveCoupling, Scale
from tfgen.models.flow import FlowModel, alternating_mask

__all__ = ["NICE"]


@keras.saving.register_keras_serializable(package="tfgen")
class NICE(FlowModel):
    """A flow of additive couplings, which keep volumes, and a learned scale for each latent entry at the end.

    Args:
        event_shape: the shape of one event, of rank one.
        context_shape: the shape of one context, of rank one, or None; every conditioner sees it.
        couplings: how many, at least one (two where the event has more than one entry).
        hidden: each conditioner's widths.
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
    """

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        context_shape: tuple[int, ...] | None = None,
        couplings: int = 4,
        hidden: tuple[int, ...] = (64, 64),
        activation: str = "relu",
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        size = self.event_shape[0]
        self.couplings = checked_count("couplings", couplings, minimum=min(size, 2))
        layers = [
            AdditiveCoupling(
                mask=alternating_mask(index, size),
                hidden=hidden,
                activation=activation,
                kernel_regularizer=kernel_regularizer,
                **self.layer_arguments(f"coupling_{index}"),
            )
            for index in range(self.couplings)
        ]
        self.set_layers([*layers, Scale(**self.layer_arguments("scale"))])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        coupling = self.bijector_layers[-2].get_config()
        return {
            **super().get_config(),
            "couplings": self.couplings,
            **{name: coupling[name] for name in ("hidden", "activation", "kernel_regularizer")},
        }
