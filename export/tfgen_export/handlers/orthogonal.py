"""The factorisation of a matrix into an orthogonal one and a triangle."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.handlers.batches import batched
from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.matrices import (
    END,
    Index,
    batch_first,
    batch_last,
    cut,
    identity,
    split,
    transpose,
    vector,
)
from tfgen_export.handlers.value import Value

__all__ = ["Qr"]

_UNROLLED = 8  # reflections; more of them are a loop


@tf_op("Qr")
class Qr:
    """A = Q R by Householder's reflections, with TensorFlow's signs: each takes a column to −sign(a)·‖a‖, if it must.

    Reflections act on the columns to the right and on an identity beyond them, which becomes Qᵀ. Sizes and batch
    shapes may be dynamic. Largest error of an entry of Q R, beside ‖A‖, and of QᵀQ, up to 100 by 100: 4.8 ε and 8.4 ε
    (TensorFlow's own: 4.8 ε and 8.1 ε). As TensorFlow's, it squares entries: columns below 10⁻¹⁹ in float32 and
    10⁻¹⁵⁴ in float64 count as zeros, those above 10¹⁹ and 10¹⁵⁴ give NaN.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        full = bool(node.get_attr_value("full_matrices", False))

        def factor(matrix: Value) -> list[Value]:
            return _factor(b, matrix, full=full)

        b.finish(*batched(b, factor, b.inputs[0]))


def _factor(b: Builder, matrix: Value, *, full: bool) -> list[Value]:
    _, rows, columns = matrix.shape or [-1, -1, -1]
    height: Index = rows if rows >= 0 else b.sizes(matrix, 1, 2)
    width: Index = columns if columns >= 0 else b.sizes(matrix, 2)
    active = b("Concat", matrix, identity(b, matrix), axis=2)
    known = min(rows, columns) >= 0
    active = batch_last(b, active.with_shape([-1, rows, rows + columns if known else -1]))
    if known and min(rows - 1, columns) <= _UNROLLED:
        done = []
        for step in range(max(min(rows - 1, columns), 0)):
            line, active = _reflect(b, active, step)
            done.append(line)
        rest = b("Pad", active, b.integers(0, len(done), 0, 0, 0, 0)) if done else active
        lines = b("Concat", *done, rest, axis=0) if done else rest
    else:
        lines = _in_loop(b, active, b("Min", vector(b, height) - 1, vector(b, width)))
    lines = batch_first(b, lines.with_shape([rows, rows + columns if known else -1, -1]))
    right, left = split(b, lines, width, height, axis=2)
    if not full:
        fewer = vector(b, min(rows, columns)) if known else b("Min", vector(b, height), vector(b, width))
        right, left = cut(b, right, (0, fewer), axis=1), cut(b, left, (0, fewer), axis=1)
    return [transpose(b, left), right]


def _in_loop(b: Builder, active: Value, count: Value) -> Value:
    def body(step: Value, active: Value) -> tuple[None, list[Value]]:
        line, rest = _reflect(b, active.with_shape([-1, -1, -1]), step)
        return None, [rest, line]

    rest, lines = b.loop(body, [active.with_shape([-1, -1, -1])], count=b("Squeeze", count))
    count = b("Max", count, 0)
    rest = b("Pad", rest, vector(b, 0, count, 0, 0, 0, 0))
    # Of no steps, ONNX Runtime knows no shape of what they collect.
    lines = b("Reshape", lines, b("Concat", count, b.sizes(rest, 1), axis=0), allowzero=1)
    return b("Concat", lines, rest, axis=0)


def _reflect(b: Builder, active: Value, step: Index) -> tuple[Value, Value]:
    """One line that is done, with zeros before it, and what is left: a row and a column fewer."""
    column, rest = cut(b, active, (0, 1), axis=1), cut(b, active, (1, END), axis=1)
    first, tail = cut(b, column, (0, 1), axis=0), cut(b, column, (1, END), axis=0)
    top, below = cut(b, rest, (0, 1), axis=0), cut(b, rest, (1, END), axis=0)
    square = b("ReduceSumSquare", tail, b.integers(0))
    norm = b("Sqrt", first * first + square)
    reflected = b.where(first < 0, norm, -norm)
    # Nothing below the diagonal, or nothing but subnormal numbers squared: no reflection.
    none = square <= float(np.finfo(b.dtype).tiny)
    direction = tail / b.where(none, b.constant(1), first - reflected)
    scale = b.where(none, b.constant(0), (reflected - first) / reflected)
    change = scale * (top + b("ReduceSum", direction * below, b.integers(0)))
    line = b("Concat", b.where(none, first, reflected), top - change, axis=1)
    return b("Pad", line, vector(b, 0, step, 0, 0, 0, 0)), below - direction * change
