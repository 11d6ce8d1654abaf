"""Autoregressive flows: MAF, whose density is quick, and IAF, whose samples are."""

from typing import Any, ClassVar

import keras

from tfgen.layers.arguments import checked_count
from tfgen.layers.bijectors import MaskedAutoregressive
from tfgen.models.flow import FlowModel

__all__ = ["IAF", "MAF"]


@keras.saving.register_keras_serializable(package="tfgen")
class MAF(FlowModel):
    """A masked autoregressive flow: each layer x_i = T(z_i; θ_i(x_1 … x_{i−1}, context)), in turning orders.

    A density costs one pass of each layer's masked perceptron; a sample costs one for each entry.

    Args:
        event_shape: the shape of one event, of rank one.
        context_shape: the shape of one context, of rank one, or None; every conditioner sees it.
        transforms: how many layers.
        transformer: `affine`, as in the paper, or `rational_quadratic_spline`.
        hidden: each perceptron's widths.
        activation: the perceptrons', by Keras's names.
        max_log_scale: the bound on an affine transformer's log-scale, in nats an entry.
        bins: a spline's pieces.
        bound: the end of a spline's box, in standard deviations.
        kernel_regularizer: Keras's, on every kernel.
        **kwargs: as in `FlowModel`: `standardize`, and Keras's own.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Papamakarios et al., *Masked autoregressive flow for density estimation*, NeurIPS 2017.

    Example:
        >>> flow = MAF(event_shape=(3,), transforms=2, hidden=(16,))
        >>> flow.sample(5, seed=0).shape.as_list()
        [5, 3]
    """

    inverse: ClassVar[bool] = False
    """Whether sampling, and not the density, is one pass."""

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        context_shape: tuple[int, ...] | None = None,
        transforms: int = 5,
        transformer: str = "affine",
        hidden: tuple[int, ...] = (64, 64),
        activation: str = "relu",
        max_log_scale: float = 3.0,
        bins: int = 8,
        bound: float = 4.0,
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        order = range(self.event_shape[0])
        self.set_layers(
            [
                MaskedAutoregressive(
                    order=order if index % 2 == 0 else order[::-1],
                    transformer=transformer,
                    inverse=self.inverse,
                    hidden=hidden,
                    activation=activation,
                    max_log_scale=max_log_scale,
                    bins=bins,
                    bound=bound,
                    kernel_regularizer=kernel_regularizer,
                    **self.layer_arguments(f"transform_{index}"),
                )
                for index in range(checked_count("transforms", transforms))
            ]
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        layer = self.own_layers[0].get_config()
        names = ("transformer", "hidden", "activation", "max_log_scale", "bins", "bound", "kernel_regularizer")
        return {
            **super().get_config(),
            "transforms": len(self.own_layers),
            **{name: layer[name] for name in names},
        }


@keras.saving.register_keras_serializable(package="tfgen")
class IAF(MAF):
    """An inverse autoregressive flow: each layer x_i = T(z_i; θ_i(z_1 … z_{i−1}, context)), in turning orders.

    A sample costs one pass of each layer's masked perceptron; a density, and with it a step of `fit`, costs one for
    each entry: for what is drawn often, or of few entries.

    Args:
        **kwargs: as in `MAF`.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Kingma et al., *Improving variational inference with inverse autoregressive flow*, NeurIPS 2016.

    Example:
        >>> flow = IAF(event_shape=(3,), transforms=2, hidden=(16,))
        >>> flow.sample(5, seed=0).shape.as_list()
        [5, 3]
    """

    inverse: ClassVar[bool] = True
