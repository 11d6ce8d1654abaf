"""The Cholesky factorisation."""

from typing import Any

from tf2onnx.handler import tf_op

from tfgen_export.handlers.batches import batched
from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.matrices import (
    END,
    Index,
    batch_first,
    batch_last,
    bordered,
    cut,
    size_of,
    split,
    transpose,
    vector,
)
from tfgen_export.handlers.value import Value

__all__ = ["Cholesky"]

_BLOCK = 10
_UNROLLED = 30  # a larger matrix is a loop over its blocks


@tf_op("Cholesky")
class Cholesky:
    """The lower triangle L with L Lᵀ = A; NaN throughout the triangle where A is not positive definite.

    Ten columns at a time: what the columns before contribute is a product of matrices; within the ten, each is
    taken out of those after it. What stands above A's diagonal is not read.

    Largest |L Lᵀ − A| / (|L| |L|ᵀ), of sizes up to 32 and conditions up to 1e3 and 1e10, in ε: 2.7 in float32 and 3.4
    in float64 (TensorFlow 1.5 and 2.0).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(*batched(b, lambda matrix: [cholesky(b, matrix)], b.inputs[0]))


def cholesky(b: Builder, matrix: Value) -> Value:
    """The factor of matrices of shape [batch, size, size]."""
    size = size_of((matrix, 1), (matrix, 2))
    if size == 0:
        return matrix
    if not 0 < size <= _UNROLLED:
        return _complete(b, _in_loop(b, matrix))
    factor: Value | None = None
    for first in range(0, size, _BLOCK):
        factor = _advance(b, matrix, factor, first, size - first)
    return matrix if factor is None else _complete(b, factor)


def _complete(b: Builder, factor: Value) -> Value:
    """Zeros above the diagonal, and NaN in all of the triangle: a column that is NaN made those after it NaN."""
    corner = cut(b, factor, (-1, END), (-1, END), axis=1)
    return b("Trilu", factor + (corner - corner), upper=0)


def _in_loop(b: Builder, matrix: Value) -> Value:
    size, padded = b.sizes(matrix, 2), bordered(b, matrix, _BLOCK)

    def body(step: Value, factor: Value) -> tuple[None, list[Value]]:
        return None, [_advance(b, padded, factor.with_shape([-1, -1, -1]), (step + 1) * _BLOCK, -1)]

    # As in a triangular system, no product over none.
    first = _advance(b, padded, None, 0, -1)
    (factor,) = b.loop(body, [first], count=b("Squeeze", b.sizes(padded, 2) / _BLOCK - 1))
    return cut(b, factor, (0, size), (0, size), axis=1)


def _advance(b: Builder, matrix: Value, factor: Value | None, first: Index, rows: int) -> Value:
    """The columns of the factor that are known already, and a block more; `rows` may be −1."""
    width = _BLOCK if rows < 0 else min(_BLOCK, rows)
    panel = cut(b, matrix, (first, END), (first, first + width), axis=1)
    if factor is not None:
        below = cut(b, factor, (first, END), axis=1)
        panel = panel - b("MatMul", below, transpose(b, cut(b, below, (0, width), axis=1)))
    panel = _factor(b, batch_last(b, panel.with_shape([-1, rows, width])), rows, width)
    panel = batch_first(b, panel.with_shape([rows, width, -1]))
    if factor is None:
        return panel
    above = vector(b, 0, first, 0, 0, 0, 0)
    return b("Concat", factor, b("Pad", panel, above), axis=2)


def _factor(b: Builder, panel: Value, rows: int, width: int) -> Value:
    """The factor's columns, from [rows, width, batch] without the part of the columns before, by elimination.

    Columns are c = l √d, so that each takes c cᵀ / d out of the others; the roots are taken of all at once.
    """
    columns, pivots = [], []
    for index in range(width):
        others, below = width - index - 1, max(rows - index - 1, -1)
        column, rest = split(b, panel, 1, others, axis=1) if others else (panel, panel)
        pivot, tail = _first(b, column, below)
        pivots.append(pivot)
        columns.append(b("Pad", column, b.integers(index, 0, 0, 0, 0, 0)) if index else column)
        if others:
            line = tail if below == others else cut(b, tail, (0, others), axis=0)
            line = b("Reshape", line / pivot, b.integers(1, others, -1))
            panel = cut(b, rest, (1, END), axis=0) - tail * line
    pivot = b("Concat", *pivots, axis=1)
    root = b("Sqrt", pivot)
    # Not a number unless all pivots are positive.
    valid = b("ReduceSum", pivot / root, b.integers(1))
    return b("Concat", *columns, axis=1) / root + (valid - valid)


def _first(b: Builder, column: Value, below: int) -> tuple[Value, Value]:
    if below == 0:
        return column, column
    if below > 0:
        pivot, tail = split(b, column, 1, below, axis=0)
        return pivot, tail
    return cut(b, column, (0, 1), axis=0), cut(b, column, (1, END), axis=0)
