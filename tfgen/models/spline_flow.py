"""Neural spline flows."""

from typing import Any

import keras

from tfgen.layers.arguments import checked_choice, checked_count
from tfgen.layers.bijectors import BijectorLayer, LULinear, MaskedAutoregressive, SplineCoupling
from tfgen.models.flow import FlowModel, alternating_mask

__all__ = ["SplineFlow"]

_KINDS = ("coupling", "autoregressive")

_FEW = 3
"""Up to so many entries a flow gets narrow networks and fine splines: what a number may be given the others is then
learned better, and faster, by more pieces than by wider networks."""


@keras.saving.register_keras_serializable(package="tfgen")
class SplineFlow(FlowModel):
    """A neural spline flow: monotone rational quadratic splines, with a learned linear map between them.

    Data are standardised by `fit`, and stretched where they have no tails, so that they fill the splines' box; beyond
    `bound` every entry is the identity. Left to itself, a flow of up to three entries has 48 pieces a spline and
    networks 32-32-32; of more, 16 and 64-64.

    Args:
        event_shape: the shape of one event, of rank one.
        context_shape: the shape of one context, of rank one, or None; every conditioner sees it.
        kind: `coupling` (density and samples both in one pass) or `autoregressive` (samples in one for each entry).
        transforms: how many layers of splines.
        bins: a spline's pieces; None as said above.
        bound: the end of a spline's box, in standard deviations of z.
        hidden: each conditioner's widths; None as said above.
        activation: the conditioners', by Keras's names.
        linear: whether an LU-parameterised linear map follows each layer of splines; of events of one entry there is
            none.
        kernel_regularizer: Keras's, on every kernel.
        **kwargs: as in `FlowModel`: `standardize`, and Keras's own.

    Raises:
        ValueError: naming the argument that is out of range.

    Reference:
        Durkan et al., *Neural spline flows*, NeurIPS 2019: RQ-NSF (C) and (AR).

    Example:
        >>> flow = SplineFlow(event_shape=(2,), transforms=2, hidden=(16,))
        >>> flow.sample(5, seed=0).shape.as_list()
        [5, 2]
    """

    def __init__(
        self,
        *,
        event_shape: tuple[int, ...],
        context_shape: tuple[int, ...] | None = None,
        kind: str = "coupling",
        transforms: int = 4,
        bins: int | None = None,
        bound: float = 4.0,
        hidden: tuple[int, ...] | None = None,
        activation: str = "relu",
        linear: bool = True,
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape=event_shape, context_shape=context_shape, **kwargs)
        size = self.event_shape[0]
        few = size <= _FEW
        bins = (48 if few else 16) if bins is None else bins
        hidden = ((32, 32, 32) if few else (64, 64)) if hidden is None else hidden
        self.kind = checked_choice("kind", kind, _KINDS)
        minimum = min(size, 2) if kind == "coupling" else 1
        self.transforms = checked_count("transforms", transforms, minimum=minimum)
        self.linear = linear
        shared = {
            "bins": bins,
            "bound": bound,
            "hidden": hidden,
            "activation": activation,
            "kernel_regularizer": kernel_regularizer,
        }
        layers: list[BijectorLayer] = []
        for index in range(self.transforms):
            arguments = {**shared, **self.layer_arguments(f"spline_{index}")}
            if self.kind == "coupling":
                layers.append(SplineCoupling(mask=alternating_mask(index, size), **arguments))
            else:
                order = range(size) if index % 2 == 0 else range(size)[::-1]
                layers.append(MaskedAutoregressive(order=order, transformer="rational_quadratic_spline", **arguments))
            if linear and size > 1:
                # The order stays: masks and orders turn by themselves.
                layers.append(LULinear(order=range(size), **self.layer_arguments(f"linear_{index}")))
        self.set_layers(layers, reach=bound)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        spline = self.own_layers[0].get_config()
        names = ("bins", "bound", "hidden", "activation", "kernel_regularizer")
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in ("kind", "transforms", "linear")},
            **{name: spline[name] for name in names},
        }
