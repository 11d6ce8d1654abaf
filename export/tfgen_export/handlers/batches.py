"""Batches of matrices of any shape, as the other files of linear algebra see them: [batch, rows, columns]."""

from collections.abc import Callable, Sequence

import numpy as np

from tfgen_export.errors import ConversionError
from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.matrices import END, cut
from tfgen_export.handlers.value import Value

__all__ = ["batched"]

_PIECE = 2**18  # bytes that stay in a core's cache together with what is made of them,
_LEAST = 2**10  # and of one entry of all the matrices of a piece, so that a step is worth its node
_FEW = 48  # entries of matrices so small that the whole batch is one piece


def batched(b: Builder, function: Callable[..., Sequence[Value]], *matrices: Value) -> list[Value]:
    """`function` of matrices of any rank from 2 on, known or not, whose batch shapes broadcast.

    A large batch is taken in pieces that fit into a core's cache.

    Args:
        b: the builder.
        function: of matrices of shape [batch, rows, columns], where one's batch may be 1 and another's not; gives
            values of shape [batch, ...], and works for an empty batch.
        matrices: what it is called with.

    Returns:
        What the function gives, with the batch shape to which that of all matrices broadcast.

    Raises:
        ConversionError: for complex entries and those of half precision.
    """
    if b.dtype not in (np.float32, np.float64):
        raise ConversionError(
            f"{b.node.type} (node {b.node.name!r}) needs matrices of float32 or float64. Received: {b.dtype}"
        )
    ranks = [0 if matrix.shape is None else len(matrix.shape) for matrix in matrices]
    if 0 not in ranks and max(ranks) <= 3:
        results = _in_pieces(b, function, [_unsqueezed(b, matrix) for matrix in matrices])
        return results if 3 in ranks else [b("Squeeze", result, b.integers(0)) for result in results]
    batch = _batch_shape(b, [matrix for matrix, rank in zip(matrices, ranks, strict=True) if rank != 2])
    total = b("ReduceProd", b("Concat", b.integers(1), batch, axis=0), keepdims=1)
    flat = []
    for matrix, rank in zip(matrices, ranks, strict=True):
        if rank == 2:
            flat.append(_unsqueezed(b, matrix))
            continue
        several = len(ranks) - ranks.count(2) > 1
        whole = b("Expand", matrix, b("Concat", batch, b.integers(1, 1), axis=0)) if several else matrix
        value = b("Reshape", whole, b("Concat", total, b.sizes(matrix, -2), axis=0), allowzero=1)
        flat.append(value.with_shape([-1, *(matrix.shape or [-1, -1])[-2:]]))
    return [
        b("Reshape", result, b("Concat", batch, b.sizes(result, 1), axis=0), allowzero=1)
        for result in _in_pieces(b, function, flat)
    ]


def _unsqueezed(b: Builder, matrix: Value) -> Value:
    return b("Unsqueeze", matrix, b.integers(0)) if matrix.shape and len(matrix.shape) == 2 else matrix


def _batch_shape(b: Builder, matrices: Sequence[Value]) -> Value:
    """The shape to which the batch shapes broadcast."""
    batch = b.sizes(matrices[0], 0, -2)
    for matrix in matrices[1:]:
        batch = b("Shape", b("Expand", b("ConstantOfShape", batch), b.sizes(matrix, 0, -2)))
    return batch


def _in_pieces(b: Builder, function: Callable[..., Sequence[Value]], matrices: Sequence[Value]) -> list[Value]:
    """A loop over pieces of equal size, of which the last may overlap the one before it."""
    shapes = [matrix.shape or [-1, -1, -1] for matrix in matrices]
    entries = 0 if any(-1 in shape[1:] for shape in shapes) else sum(shape[1] * shape[2] for shape in shapes)
    many = [index for index, shape in enumerate(shapes) if shape[0] != 1]
    if not many or (entries <= _FEW and all(-1 not in shape[1:] for shape in shapes)):
        return list(function(*matrices))
    sizes = {index: b.sizes(matrices[index], 0, 1) for index in many}
    total, *others = sizes.values()
    for size in others:
        total = b.where(total.equals(1), size, total)
    width = b.dtype.itemsize
    most = max(_LEAST // width, _PIECE // (width * max(entries, 1)) if entries else 0)
    count = b("Max", (total + (most - 1)) / most, 1)
    each = (total + (count - 1)) / count

    def body(step: Value) -> tuple[None, Sequence[Value]]:
        start = b("Min", step * each, total - each)
        pieces = list(matrices)
        for index, size in sizes.items():
            # A batch of one beside another is the piece each time.
            first = b("Min", start, size - 1) if others else start
            piece = cut(b, matrices[index], (first, first + each), axis=0)
            pieces[index] = piece.with_shape([-1, *shapes[index][1:]])
        return None, function(*pieces)

    return [_joined(b, stacked, count, each, total) for stacked in b.loop(body, [], count=b("Squeeze", count))]


def _joined(b: Builder, stacked: Value, count: Value, each: Value, total: Value) -> Value:
    """[pieces, each, ...] to [total, ...]: of the last piece, what others have already comes first."""
    entries = count * each
    rows = b("Reshape", stacked, b("Concat", entries, b.sizes(stacked, 2), axis=0), allowzero=1)
    ends = cut(b, rows, (0, total - each), axis=0), cut(b, rows, (entries - each, END), axis=0)
    return b("Concat", *ends, axis=0)
