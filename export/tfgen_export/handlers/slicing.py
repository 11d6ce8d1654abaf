"""Python's indexing, of tensors whose rank need not be known."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = ["Slice", "StridedSlice", "strided_slice"]

_MOST, _LEAST = np.iinfo(np.int64).max, np.iinfo(np.int64).min


@tf_op("Slice")
class Slice:
    """So many entries along each axis from a place on; −1 for all that follow: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, begin, size = b.inputs
        if begin.known is not None and size.known is not None:
            first, count = begin.known.astype(np.int64), size.known.astype(np.int64)
            start, end = b.integers(*first), b.integers(*np.where(count < 0, _MOST, first + count))
        else:
            start, many = begin.cast(np.int64), size.cast(np.int64)
            end = b.where(many < 0, b.constant(_MOST, np.int64), start + many)
        b.finish(b("Slice", x, start, end))


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
        b.finish(strided_slice(b, b.inputs[0]))


def strided_slice(b: Builder, x: Value) -> Value:
    """A tensor indexed as the node's attributes say, and the bounds that are its second, third and fourth input."""
    count = _length(b)
    ellipsis, new, shrink = (_mask(b.node, f"{name}_mask", count) for name in ("ellipsis", "new_axis", "shrink_axis"))
    new &= ~ellipsis
    shrink &= ~ellipsis & ~new
    place = int(np.argmax(ellipsis)) if ellipsis.any() else count
    real = ~ellipsis & ~new
    axes = {int(entry): _position(int(entry), place, real) for entry in np.flatnonzero(real)}
    x = _slice(b, x, {entry: axis for entry, axis in axes.items() if not shrink[entry]}, count)
    for entry, axis in _order({entry: axis for entry, axis in axes.items() if shrink[entry]}):
        x = b("Gather", x, _index(b, entry), axis=axis)
    # Of the result's axes, those that were removed are no more.
    left = ~ellipsis & ~shrink
    added = [_position(int(entry), place, left) for entry in np.flatnonzero(new)]
    return b("Unsqueeze", x, b.integers(*added)) if added else x


def _position(entry: int, place: int, entries: np.ndarray) -> int:
    """Which axis an entry of the specification stands for: from the front before the ellipsis, else from the back."""
    return int(np.sum(entries[:entry])) if entry < place else -int(np.sum(entries[entry:]))


def _order(axes: dict[int, int]) -> list[tuple[int, int]]:
    """Such that no axis moves because another one was removed: from the inside out."""
    front = sorted(((entry, axis) for entry, axis in axes.items() if axis >= 0), reverse=True)
    return front + sorted((entry, axis) for entry, axis in axes.items() if axis < 0)


def _index(b: Builder, entry: int) -> Value:
    """A scalar."""
    begin = _constant(b, 1)
    if begin is not None:
        return b.constant(int(begin[entry]), np.int64)
    return b("Gather", b.inputs[1], b.constant(entry, np.int64), axis=0)


def _slice(b: Builder, x: Value, axes: dict[int, int], count: int) -> Value:
    if not axes:
        return x
    entries = list(axes)
    along = np.array(list(axes.values()))
    from_first, to_last = (_mask(b.node, f"{name}_mask", count)[entries] for name in ("begin", "end"))
    given = [_constant(b, index) for index in (1, 2, 3)]
    if any(value is None for value in given):
        return _slice_by_tensors(b, x, entries, along, (from_first, to_last))
    begin, stop, stride = (np.asarray(value, np.int64)[entries] for value in given)
    start = np.where(from_first, np.where(stride < 0, _MOST, 0), begin)
    end = np.where(to_last, np.where(stride < 0, _LEAST, _MOST), stop)
    some = ~((start == 0) & (end == _MOST) & (stride == 1))
    if not some.any():
        return x
    return b("Slice", x, *(b.integers(*value[some]) for value in (start, end, along, stride)))


def _slice_by_tensors(
    b: Builder, x: Value, entries: list[int], along: np.ndarray, masks: tuple[np.ndarray, np.ndarray]
) -> Value:
    """The same where a bound is computed in the graph."""
    from_first, to_last = (b.constant(mask, np.bool_) for mask in masks)
    start, end, step = (b("Gather", value.cast(np.int64), b.integers(*entries), axis=0) for value in b.inputs[1:4])
    most, least = b.constant(_MOST, np.int64), b.constant(_LEAST, np.int64)
    start = b.where(from_first, b.where(step < 0, most, 0), start)
    end = b.where(to_last, b.where(step < 0, least, most), end)
    return b("Slice", x, start, end, b.integers(*along), step)


def _constant(b: Builder, index: int) -> np.ndarray | None:
    source = b.node.inputs[index]
    return source.get_tensor_value(as_list=False) if source.is_const() else None


def _length(b: Builder) -> int:
    """How many entries the specification has; TensorFlow knows it of one of the bounds at least."""
    return next(shape[0] for value in b.inputs[1:4] if (shape := value.shape) is not None and shape[0] >= 0)


def _mask(node: Any, name: str, count: int) -> np.ndarray:
    bits = int(node.get_attr_value(name, 0))
    return np.array([bool(bits >> entry & 1) for entry in range(count)], bool)
