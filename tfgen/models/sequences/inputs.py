"""What goes into a model of sequences: steps along axis 1, and a mask where not all of them count."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgen.layers.distributions.support import Support
from tfgen.models.inputs import ModelInputs
from tfgen.models.shapes import Shape, check_shape, shape_of

__all__ = ["SequenceInputs", "blanked", "full_mask", "is_prefix", "where_masked"]


class SequenceInputs(ModelInputs):
    """Named inputs `x`, [batch, time, *event_shape], an optional `mask`, bool [batch, time], and perhaps `context`.

    A mask is true for the first steps of a row and false for the rest. What x holds where it is false is not looked
    at, NaN included, and changes nothing. A row without any step is a sequence of length nought, whose log p is nought.

    Args:
        event_shape: the shape of one step.
        context_shape: the shape of one context, or None.
    """

    def __init__(self, event_shape: Shape, context_shape: Shape | None) -> None:
        super().__init__(event_shape, context_shape)
        others = {name: shape for name, shape in self.shapes.items() if name != "x"}
        self.shapes = {"x": (None, *event_shape), "mask": (None,), **others}
        self.optional.add("mask")
        self.dtypes["mask"] = "bool"

    def values(self, specs: Sequence[tf.TensorSpec], given: Mapping[str, Any]) -> dict[str, tf.Tensor]:
        """See `ModelInputs.values`; a mask that is not given is true everywhere."""
        given = dict(given)
        if any(spec.name == "mask" for spec in specs):
            x = given.get("x")
            if x is not None:
                check_shape("x", x, self.shapes["x"])
                shape = shape_of(x)
                if given.get("mask") is None and shape is not None:
                    # Of a graph's tensor the sizes may not be known.
                    given["mask"] = full_mask(x) if keras.ops.is_tensor(x) else np.ones(shape[:2], bool)
            if given.get("mask") is not None:
                check_shape("mask", given["mask"], self.shapes["mask"])
                given["mask"] = _truth_values(given["mask"])
        return super().values(specs, given)

    def check(self, named: Mapping[str, Any]) -> None:
        """See `ModelInputs.check`; of x only what the mask lets through."""
        known = tf.executing_eagerly() or not any(keras.ops.is_tensor(named.get(name)) for name in ("x", "mask"))
        # An endpoint may call one step x too.
        if not known or "x" not in named or np.ndim(named["x"]) != 1 + len(self.shapes["x"]):
            super().check(named)
            return
        x = np.asarray(named["x"])
        if x.ndim > 1 and not x.shape[1]:
            raise ValueError(f"`x` must hold at least one step. Received: shape={x.shape}")
        others = {name: value for name, value in named.items() if name != "mask"}
        if named.get("mask") is not None:
            mask = np.asarray(_truth_values(named["mask"]))
            _check_mask(mask, x.shape[:2])
            if x.dtype.kind in "biuf":
                wide = mask.reshape(*mask.shape, *[1] * (x.ndim - 2))
                others["x"] = np.where(wide, x, np.asarray(_blank(self.support), x.dtype))
        super().check(others)

    def guarded(self, named: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """See `ModelInputs.guarded`."""
        if named.get("mask") is None:
            return named
        x, mask = named["x"], tf.cast(named["mask"], tf.bool)
        check_shape("mask", mask, x.shape[1:2])
        message = "`mask` must have the rows and steps of `x`"
        same = tf.debugging.Assert(tf.reduce_all(tf.shape(mask) == tf.shape(x)[:2]), [message, tf.shape(x)[:2]])
        message = "`mask` must be true for the first steps of a row and false for the rest"
        with tf.control_dependencies([same]):
            first = tf.debugging.Assert(tf.reduce_all(is_prefix(mask)), [message])
        with tf.control_dependencies([first]):
            x = blanked(x, mask, self.support)
        return {**named, "x": x}


def full_mask(x: tf.Tensor) -> tf.Tensor:
    """The mask of sequences all of whose steps count: bool [batch, time]."""
    return tf.fill(tf.shape(x)[:2], True)


def blanked(x: tf.Tensor, mask: tf.Tensor, support: Support) -> tf.Tensor:
    """x, [batch, time, ...], with an event that any likelihood knows where the mask is false."""
    return where_masked(mask, x, tf.cast(_blank(support), x.dtype))


def where_masked(mask: tf.Tensor, value: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """A value, [batch, time, ...], where the mask, bool [batch, time], is true, and another, a scalar, where not."""
    wide = tf.reshape(mask, tf.concat([tf.shape(mask), [1] * (len(value.shape) - 2)], axis=0))
    return tf.where(wide, value, other)


def _blank(support: Support) -> float:
    """An event: nought, if it is one; else a number that is."""
    if support.first_outside(np.zeros(1)) is None:
        return 0.0
    low, high = support.low, support.high
    if np.isfinite(low) and np.isfinite(high):
        return float(low if support.integer else (low + high) / 2)
    return float(low + 1 if np.isfinite(low) else high - 1)


def is_prefix(mask: tf.Tensor) -> tf.Tensor:
    """Of each row whether no step follows one that is left out: bool [batch]."""
    return tf.reduce_all(mask[:, :-1] | ~mask[:, 1:], axis=1)


def _truth_values(mask: Any) -> Any:
    """A mask as bool; a graph's tensors are cast, since their values are not known."""
    if keras.ops.is_tensor(mask) and not tf.executing_eagerly():
        return tf.cast(mask, tf.bool)
    array = np.asarray(mask)
    if array.dtype.kind not in "biuf" or not np.isin(array, (0, 1)).all():
        raise ValueError(f"`mask` must hold truth values, or 0 and 1. Received: dtype={array.dtype}")
    return array.astype(bool)


def _check_mask(mask: np.ndarray, shape: tuple[int, ...]) -> None:
    if mask.shape != shape:
        raise ValueError(f"`mask` must have the rows and steps of `x`, {shape}. Received: shape={mask.shape}")
    holes = (~mask[:, :-1] & mask[:, 1:]).any(axis=1)
    if holes.any():
        row = int(np.argmax(holes))
        step = int(np.argmin(mask[row]))
        raise ValueError(
            "`mask` must be true for the first steps of a row and false for the rest: pad behind the steps, and leave "
            f"out steps that are missing in between. Received: a step left out before others, step {step} of row {row}"
        )
