"""What is added to whole numbers: distributions of u in (0, 1) for each of them."""

import math
from typing import Any

import tensorflow as tf

from tfgen.models.flow import FlowModel
from tfgen.models.real_nvp import RealNVP
from tfgen.models.scored_draws import draw_and_log_prob
from tfgen.noise import Noise

__all__ = ["checked_dequantizer", "dequantizer_inputs", "draw_within"]


def checked_dequantizer(dequantizer: Any, flow: FlowModel) -> FlowModel | None:
    """The flow of u that an argument stands for.

    Args:
        dequantizer: None, `"variational"`, or a flow.
        flow: the flow of y, whose shapes it must fit.

    Returns:
        None for uniform u.

    Raises:
        ValueError: naming the argument and what does not fit.
    """
    if dequantizer is None:
        return None
    if dequantizer == "variational":
        return _small_flow(flow)
    if not isinstance(dequantizer, FlowModel):
        raise ValueError(
            f"`dequantizer` must be None, 'variational' or a FlowModel. Received: dequantizer={dequantizer!r}"
        )
    events = {flow.event_shape, (math.prod(flow.event_shape),)}
    contexts = events | {shape for shape in (_with_own(event, flow.context_shape) for event in events) if shape}
    if dequantizer.event_shape not in events or dequantizer.context_shape not in contexts:
        raise ValueError(
            f"`dequantizer` must have an `event_shape` among {sorted(events)} and a `context_shape` among "
            f"{sorted(contexts)}. Received: event_shape={dequantizer.event_shape}, "
            f"context_shape={dequantizer.context_shape}"
        )
    if (dequantizer.low, dequantizer.high, dequantizer.margin) != (0, 1, 0):
        raise ValueError(
            "`dequantizer` must have low=0, high=1 and margin=0: it is one of u in (0, 1). Received: "
            f"low={dequantizer.low}, high={dequantizer.high}, margin={dequantizer.margin}"
        )
    if dequantizer.density_dtype != flow.density_dtype:
        raise ValueError(
            f"`dequantizer` must have the flow's dtype, {flow.density_dtype}. Received: {dequantizer.density_dtype}"
        )
    return dequantizer


def dequantizer_inputs(dequantizer: FlowModel, scaled: tf.Tensor, context: tf.Tensor | None) -> tf.Tensor:
    """The context of q(u | x): x in (−1, 1), with the model's own context behind it where there is room for it."""
    event, shape = tuple(scaled.shape[1:]), dequantizer.context_shape or ()
    if context is None or math.prod(shape) == math.prod(event):
        return tf.reshape(scaled, [-1, *shape])
    if len(shape) == 1:
        return tf.concat([tf.reshape(scaled, [-1, math.prod(event)]), context], axis=-1)
    if context.shape.rank == 2:  # beside images, a vector is one at every pixel
        context = context[:, tf.newaxis, tf.newaxis] * tf.ones_like(scaled[..., :1])
    return tf.concat([scaled, context], axis=-1)


def draw_within(
    dequantizer: FlowModel, inputs: tf.Tensor, noise: Noise, training: bool | None
) -> tuple[tf.Tensor, tf.Tensor]:
    """u ~ q(u | x), [batch, *event_shape], and log q(u | x), [batch], from one pass, and that forward only."""
    return draw_and_log_prob(dequantizer.build_distribution(inputs, training=training), noise)


def _with_own(event: tuple[int, ...], context: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """The shape of x with the model's own context behind it; None where that does not fit."""
    if context is None or (len(event) == 1 and len(context) != 1):
        return None
    return (*event[:-1], event[-1] + context[-1])


def _small_flow(flow: FlowModel) -> FlowModel:
    """A few couplings: u of a number then depends on x, on the other numbers' u, and on the model's context.

    Of images they are convolutions, where blocks of 2×2 pixels cover them.
    """
    event = flow.event_shape
    images = len(event) == 3 and event[0] % 2 == 0 and event[1] % 2 == 0
    if not images:
        event = (math.prod(event),)
    # Of images a single scale has half of the couplings, those by checkerboards.
    size: dict[str, Any] = {"couplings": 8, "scales": 1, "hidden": (32,)} if images else {"couplings": 4}
    return RealNVP(
        event_shape=event,
        context_shape=_with_own(event, flow.context_shape) or event,
        low=0,
        high=1,
        dtype=flow.dtype_policy,
        name="dequantizer",
        **size,
    )
