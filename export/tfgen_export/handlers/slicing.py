"""Python's indexing, of tensors whose rank need not be known."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = ["StridedSlice"]

_MOST, _LEAST = np.iinfo(np.int64).max, np.iinfo(np.int64).min


@tf_op("StridedSlice")
class StridedSlice:
    """`x[begin:end:stride, …, index, tf.newaxis]`: exact.

    What stands before an ellipsis (or without one) counts axes from the first, what stands behind it from the last:
    so the rank need not be known, as it is not after TFP has broadcast two shapes. Bounds may be tensors.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        count = _length(b)
        ellipsis, new, shrink = (_mask(node, f"{name}_mask", count) for name in ("ellipsis", "new_axis", "shrink_axis"))
        new &= ~ellipsis
        shrink &= ~ellipsis & ~new
        place = int(np.argmax(ellipsis)) if ellipsis.any() else count
        real = np.flatnonzero(~ellipsis & ~new)
        axes = [_position(int(entry), place, real) for entry in real]
        x = b.inputs[0]
        if len(real):
            x = _slice(b, x, real, np.array(axes), shrink)
        removed = [axis for axis, entry in zip(axes, real, strict=True) if shrink[entry]]
        if removed:
            x = b("Squeeze", x, b.integers(*removed))
        # Of the result's axes, those that were removed are no more.
        left = np.flatnonzero(~ellipsis & ~shrink)
        added = [_position(int(entry), place, left) for entry in np.flatnonzero(new)]
        if added:
            x = b("Unsqueeze", x, b.integers(*added))
        b.finish(x)


def _position(entry: int, place: int, entries: np.ndarray) -> int:
    """Which axis an entry of the specification stands for: from the front before the ellipsis, else from the back."""
    if entry < place:
        return int(np.sum(entries < entry))
    return -int(np.sum(entries >= entry))


def _slice(b: Builder, x: Value, real: np.ndarray, axes: np.ndarray, shrink: np.ndarray) -> Value:
    from_first, to_last = (_mask(b.node, f"{name}_mask", len(shrink))[real] for name in ("begin", "end"))
    one = shrink[real]
    from_first, to_last = from_first & ~one, to_last & ~one
    given = [_constant(b, index) for index in (1, 2, 3)]
    if any(value is None for value in given):
        return _slice_by_tensors(b, x, real, axes, (from_first, to_last, one))
    begin, stop, stride = (np.asarray(value, np.int64)[real] for value in given)
    stride = np.where(one, 1, stride)
    start = np.where(from_first, np.where(stride < 0, _MOST, 0), begin)
    end = np.where(to_last, np.where(stride < 0, _LEAST, _MOST), stop)
    end = np.where(one, np.where(start == -1, _MOST, start + 1), end)
    some = ~((start == 0) & (end == _MOST) & (stride == 1))
    if not some.any():
        return x
    return b("Slice", x, *(b.integers(*value[some]) for value in (start, end, axes, stride)))


def _slice_by_tensors(
    b: Builder, x: Value, real: np.ndarray, axes: np.ndarray, masks: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> Value:
    """The same where a bound is computed in the graph."""
    from_first, to_last, one = (b.constant(mask, np.bool_) for mask in masks)
    start, end, step = (b("Gather", value.cast(np.int64), b.integers(*real), axis=0) for value in b.inputs[1:])
    step = b.where(one, b.constant(1, np.int64), step)
    most, least = b.constant(_MOST, np.int64), b.constant(_LEAST, np.int64)
    start = b.where(from_first, b.where(step < 0, most, 0), start)
    end = b.where(to_last, b.where(step < 0, least, most), end)
    end = b.where(one, b.where(start.equals(-1), most, start + 1), end)
    return b("Slice", x, start, end, b.integers(*axes), step)


def _constant(b: Builder, index: int) -> np.ndarray | None:
    source = b.node.inputs[index]
    return source.get_tensor_value(as_list=False) if source.is_const() else None


def _length(b: Builder) -> int:
    """How many entries the specification has; TensorFlow knows it of one of the bounds at least."""
    return next(shape[0] for value in b.inputs[1:] if (shape := value.shape) is not None and shape[0] >= 0)


def _mask(node: Any, name: str, count: int) -> np.ndarray:
    bits = int(node.get_attr_value(name, 0))
    return np.array([bool(bits >> entry & 1) for entry in range(count)], bool)
