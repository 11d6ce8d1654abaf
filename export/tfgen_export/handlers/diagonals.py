"""Diagonals of matrices, in batches of any shape."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op
from tf2onnx.onnx_opset import tensor

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = ["MatrixDiag", "MatrixDiagPart", "MatrixSetDiag"]

Size = int | Value
"""A number that is known, or a scalar of the graph."""


@tf_op(["MatrixDiagPart", "MatrixDiagPartV2", "MatrixDiagPartV3"])
class MatrixDiagPart:
    """A diagonal of each matrix: exact; tf2onnx's own translation, a loop, stays for several diagonals."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, offset = b.inputs[0], _offset(b, 1)
        if offset is None:
            tensor.MatrixDiagPartV2V3.version_12(context, node, **kwargs)
            return
        rows, columns = _size(b, x, -2), _size(b, x, -1)
        below, right = max(-offset, 0), max(offset, 0)
        if isinstance(rows, int) and isinstance(columns, int):
            known = np.arange(max(min(rows - below, columns - right), 0))
            places = b.constant((known + below) * columns + known + right, np.int64)
        else:
            rows, columns = _value(b, rows), _value(b, columns)
            steps = _count(b, b("Min", rows - below, columns - right))
            places = (steps + below) * columns + (steps + right)
        batch = b("Slice", b("Shape", x), b.integers(0), b.integers(-2))
        entries = b("Reshape", x, b("Concat", batch, b.integers(-1), axis=0))
        b.finish(b("Gather", entries, places, axis=-1))


@tf_op(["MatrixSetDiag", "MatrixSetDiagV2", "MatrixSetDiagV3"])
class MatrixSetDiag:
    """Matrices with another diagonal: exact; tf2onnx's own translation, a loop, stays for several diagonals."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, diagonal, offset = *b.inputs[:2], _offset(b, 2)
        if offset is None:
            tensor.MatrixSetDiagV3.version_12(context, node, **kwargs)
        else:
            b.finish(_put(b, diagonal, offset, _size(b, x, -2), _size(b, x, -1), x))


@tf_op(["MatrixDiag", "MatrixDiagV2", "MatrixDiagV3"])
class MatrixDiag:
    """Matrices of a diagonal, and one value elsewhere: exact; tf2onnx's own translation stays for several diagonals."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        diagonal, offset = b.inputs[0], _offset(b, 1)
        sizes: list[Any] = [-1, -1] if len(b.inputs) == 1 else [_known(value) for value in b.inputs[2:4]]
        if offset is None or None in sizes:
            tensor.MatrixDiag.version_12(context, node, **kwargs)
            return
        length = _size(b, diagonal, -1)
        rows, columns = length + max(-offset, 0), length + max(offset, 0)
        if sizes == [-1, -1]:
            rows = columns = length + abs(offset)
        rows, columns = (own if given == -1 else given for given, own in zip(sizes, (rows, columns), strict=True))
        b.finish(_put(b, diagonal, offset, rows, columns, b.inputs[4] if len(b.inputs) > 4 else b.constant(0)))


def _put(b: Builder, diagonal: Value, offset: int, rows: Size, columns: Size, others: Value) -> Value:
    """Row i has at i + offset the diagonal's entry i, or i + offset if that is less, and elsewhere those of others."""
    length = _size(b, diagonal, -1)
    below = max(-offset, 0)
    if isinstance(rows, int) and isinstance(columns, int) and isinstance(length, int):
        here = b.constant(np.eye(rows, columns, offset), np.bool_)
        known = np.clip(np.arange(rows) - below, 0, max(length - 1, 0))
        if not np.array_equal(known, np.arange(length)):
            diagonal = b("Gather", diagonal, b.constant(known, np.int64), axis=-1)
    else:
        steps = _count(b, _value(b, rows))
        here = (b("Unsqueeze", steps, b.integers(1)) + offset).equals(_count(b, _value(b, columns)))
        entry = b("Max", b("Min", steps - below, _value(b, length) - 1), b.constant(0, np.int64))
        diagonal = b("Gather", diagonal, entry, axis=-1)
    return b.where(here, b("Unsqueeze", diagonal, b.integers(-1)), others)


def _offset(b: Builder, index: int) -> int | None:
    """Which diagonal is meant, where it is one that is known; the main one where the node has no such input."""
    known = b.inputs[index].known if len(b.inputs) > index else np.zeros(1, np.int32)
    return None if known is None or len(set(known.ravel().tolist())) != 1 else int(known.ravel()[0])


def _known(value: Value) -> int | None:
    return None if value.known is None else int(value.known)


def _size(b: Builder, x: Value, axis: int) -> Size:
    if x.shape is not None and x.shape[axis] >= 0:
        return x.shape[axis]
    return b("Gather", b("Shape", x), b.constant(axis, np.int64), axis=0)


def _value(b: Builder, size: Size) -> Value:
    return b.constant(size, np.int64) if isinstance(size, int) else size


def _count(b: Builder, size: Value) -> Value:
    """0, 1, … up to a size."""
    return b("Range", b.constant(0, np.int64), size, b.constant(1, np.int64))
