"""What handlers of linear algebra share: parts of matrices, and the order in which their entries stand."""

from typing import Any

import numpy as np

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = [
    "END",
    "Index",
    "batch_first",
    "batch_last",
    "bordered",
    "cut",
    "flip",
    "identity",
    "indices",
    "size_of",
    "split",
    "transpose",
    "vector",
]

END = 2**63 - 1
"""The end of an axis, whatever its size."""

Index = int | Value
"""A number that is known, or an int64 of the graph: a scalar, or a vector of one."""


def cut(b: Builder, value: Value, *ranges: tuple[Index, Index], axis: int) -> Value:
    """A part: from the first index to the one before the second; the first range is of `axis`, others of the next."""
    starts, stops = zip(*ranges, strict=True)
    axes = b.integers(*range(axis, axis + len(ranges)))
    return b("Slice", value, vector(b, *starts), vector(b, *stops), axes)


def split(b: Builder, value: Value, *sizes: Index, axis: int) -> list[Value]:
    """Parts of the given sizes, which together are the whole axis."""
    return b.outputs("Split", value, vector(b, *sizes), count=len(sizes), axis=axis)


def flip(b: Builder, value: Value, *axes: int) -> Value:
    """The entries in reverse order along each axis."""
    back = b.integers(*[-1] * len(axes))
    return b("Slice", value, back, b.integers(*[-END] * len(axes)), b.integers(*axes), back)


def transpose(b: Builder, value: Value) -> Value:
    """[batch, rows, columns] to [batch, columns, rows]."""
    return b("Transpose", value, perm=[0, 2, 1])


def batch_last(b: Builder, value: Value) -> Value:
    """[batch, rows, columns] to [rows, columns, batch].

    Where a step touches every entry, a row or a column of the whole batch shall be one piece of memory: thousands of
    small matrices take a third of the time. The transposition is one of a plain matrix, since ONNX Runtime's
    optimiser would move others past the steps.
    """
    return _rearranged(b, value, 1, (1, 2, 0))


def batch_first(b: Builder, value: Value) -> Value:
    """[rows, columns, batch] to [batch, rows, columns]."""
    return _rearranged(b, value, 2, (2, 0, 1))


def _rearranged(b: Builder, value: Value, axis: int, order: tuple[int, ...]) -> Value:
    if value.shape is None or len(value.shape) != 3:
        raise ValueError(f"The rank must be 3. Received: {value.name} of shape {value.shape}")
    plain = b("Transpose", b("Flatten", value, axis=axis), perm=[1, 0])
    static = [value.shape[index] for index in order]
    known = b.integers(*static) if sum(size < 1 for size in static) <= 1 and 0 not in static else None
    shape = b("Gather", b("Shape", value), b.integers(*order)) if known is None else known
    return b("Reshape", plain, shape, allowzero=int(known is None)).with_shape(static)


def indices(b: Builder, count: Index, *shape: int) -> Value:
    """0, 1, 2, … as int64, of the given shape with −1 for their number."""
    if isinstance(count, int):
        return b.constant(np.arange(count).reshape(shape), np.int64)
    limit = b("Reshape", count, b.constant([], np.int64))
    return b("Reshape", b("Range", b.constant(0, np.int64), limit, b.constant(1, np.int64)), b.integers(*shape))


def identity(b: Builder, matrix: Value) -> Value:
    """[batch, rows, columns] to the identity of as many rows, [batch, rows, rows]."""
    rows = size_of((matrix, 1))
    count: Index = rows if rows >= 0 else b.sizes(matrix, 1, 2)
    same = indices(b, count, 1, -1, 1).equals(indices(b, count, 1, 1, -1)).cast(b.dtype)
    return b("Expand", same, vector(b, b.sizes(matrix, 0, 1), 1, 1)).with_shape([-1, rows, rows])


def bordered(b: Builder, matrix: Value, block: int) -> Value:
    """[batch, size, size], and an identity below on the right that fills up the last block of rows; one at least."""
    size = b.sizes(matrix, 2)
    whole = b("Max", size + b("Mod", -size, block), block)
    missing = whole - size
    padded = b("Pad", matrix, vector(b, 0, 0, missing, missing), "", b.integers(1, 2))
    row, column = indices(b, whole, -1, 1), indices(b, whole, -1)
    return b.where((row >= size) & row.equals(column), b.constant(1), padded).with_shape([-1, -1, -1])


def size_of(*sizes: tuple[Value, int]) -> int:
    """The static size of axes that agree: what is known of any; −1 where it is nothing."""
    return max(value.shape[axis] if value.shape else -1 for value, axis in sizes)


def vector(b: Builder, *entries: Index) -> Value:
    """Integers as one vector."""
    if all(isinstance(entry, int) for entry in entries):
        return b.constant(entries, np.int64)
    parts: list[Any] = [
        b.integers(entry) if isinstance(entry, int) else b("Reshape", entry, b.integers(1)) for entry in entries
    ]
    return parts[0] if len(parts) == 1 else b("Concat", *parts, axis=0)
