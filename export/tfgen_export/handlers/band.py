"""Matrices with few diagonals."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.batches import batched
from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.matrices import indices, size_of, transpose
from tfgen_export.handlers.triangular import solve_triangular
from tfgen_export.handlers.value import Value

__all__ = ["BandedTriangularSolve", "MatrixBandPart"]

_NATIVE = tuple(np.dtype(kind) for kind in ("float32", "float64", "int64", "bool"))
_ALL = 2**31


@tf_op("MatrixBandPart")
class MatrixBandPart:
    """Matrices without what is further from the diagonal than so many entries: exact; zeros stand there whatever was.

    tf2onnx multiplies by a mask, which makes NaN of an infinity.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        value, dtype = b.inputs[0], b.dtype
        value = value if np.dtype(dtype) in _NATIVE else value.cast(np.float32 if dtype.kind == "f" else np.int64)
        for count, upper in zip(b.inputs[1:], (1, 0), strict=True):
            known = count.known
            if known is None:
                count = count.cast(np.int64)
                count = b.where(count < 0, b.constant(_ALL, np.int64), count)
            elif known < 0:
                continue
            else:
                count = b.constant(int(known), np.int64)
            value = b("Trilu", value, -count if upper else count, upper=upper)
        b.finish(value.cast(dtype))


@tf_op("BandedTriangularSolve")
class BandedTriangularSolve:
    """Solves L X = B or Lᵀ X = B for a triangle of few diagonals, as a whole triangle: see `MatrixTriangularSolve`."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        lower, adjoint = bool(node.get_attr_value("lower", True)), bool(node.get_attr_value("adjoint", False))

        def solve(bands: Value, right: Value) -> list[Value]:
            matrix = _dense(b, bands, size_of((bands, 2), (right, 1)), lower=lower)
            matrix = transpose(b, matrix) if adjoint else matrix
            return [solve_triangular(b, matrix, right, lower=lower != adjoint)]

        b.finish(*batched(b, solve, *b.inputs))


def _dense(b: Builder, bands: Value, size: int, *, lower: bool) -> Value:
    """[batch, diagonals, size], the highest first and each entry in the column of its row, to [batch, size, size]."""
    count, width = b.sizes(bands, 1, 2), size if size >= 0 else b.sizes(bands, 2)
    row, column = indices(b, width, -1, 1), indices(b, width, -1)
    diagonal = row - column if lower else row - column + (count - 1)
    inside = (diagonal >= 0) & (diagonal < count)
    place = b.where(inside, diagonal * width + row, b.constant(0, np.int64))
    entries = b("Gather", b("Flatten", bands, axis=1), place, axis=1)
    return b.where(inside, entries, 0).with_shape([-1, size, size])
