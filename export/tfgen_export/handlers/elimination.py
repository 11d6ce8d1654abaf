"""Gaussian elimination with partial pivoting, which linear systems, determinants and `tf.linalg.lu` share."""

import dataclasses

import numpy as np

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.matrices import (
    END,
    Index,
    batch_first,
    batch_last,
    bordered,
    cut,
    indices,
    size_of,
    split,
    vector,
)
from tfgen_export.handlers.triangular import substitute
from tfgen_export.handlers.value import Value

__all__ = ["Elimination", "eliminate"]

_BLOCK = 10


@dataclasses.dataclass(frozen=True)
class Elimination:
    """What is left of [batch, size, size + columns] when each pivot's column went out of the rows below it.

    A size that is dynamic or large is rounded up to whole blocks: an identity follows the matrix.

    Attributes:
        rows: [batch, size, 1 + size + columns] in their final order. First comes where the row stood, then
            multipliers below the diagonal, U from it on, and on the right L⁻¹ of what stood there. Not whole unless
            that is wanted.
        pivots: U's diagonal, [batch, size, 1].
        choices: by how many rows each pivot was moved up, int64 [batch, size, 1], or one fewer.
    """

    rows: Value
    pivots: Value
    choices: Value


def eliminate(b: Builder, matrix: Value, right: Value | None = None, *, rows: bool) -> Elimination:
    """The pivot is the largest entry of its column in the rows that are left, and of equals the first.

    Larger matrices are a loop over blocks of ten columns: what a block does to the columns on its right is a triangular
    system and a product of matrices.

    Args:
        b: the builder.
        matrix: [batch, size, size].
        right: columns that take part, [batch, size, columns].
        rows: whether rows are wanted. If not, matrices may be singular: a pivot of 0, which only zeros follow,
            divides nothing.
    """
    size = size_of((matrix, 1), (matrix, 2))
    if not 0 < size <= _BLOCK:
        return _in_loop(b, matrix, right, rows=rows)
    active = _with_places(b, matrix, size) if rows else matrix
    width = size + rows
    if right is not None:
        active = b("Concat", active, right, axis=2)
        width = width + right.shape[2] if right.shape and right.shape[2] >= 0 else -1
    active = batch_last(b, active.with_shape([-1, size, width]))
    found = _reduce(b, active, size, keep=rows, singular=not rows)
    return Elimination(*(batch_first(b, value) for value in dataclasses.astuple(found)))


def _with_places(b: Builder, matrix: Value, count: Index) -> Value:
    """A column with the rows' numbers, before others."""
    places = indices(b, count, 1, -1, 1).cast(b.dtype)
    return b("Concat", b("Expand", places, vector(b, b("Shape", matrix, end=1), 1, 1)), matrix, axis=2)


def _in_loop(b: Builder, matrix: Value, right: Value | None, *, rows: bool) -> Elimination:
    size, active = b("Shape", matrix, start=2), bordered(b, matrix, _BLOCK)
    count, batch = b("Shape", active, start=2), b("Shape", active, end=1)
    if rows:
        active = _with_places(b, active, count)
    if right is not None:
        active = b("Concat", active, b("Pad", right, vector(b, 0, count - size), "", b.integers(1)), axis=2)

    def body(step: Value, active: Value) -> tuple[None, list[Value]]:
        first = step * _BLOCK + 1 if rows else 0
        return None, _advance(b, active.with_shape([-1, -1, -1]), first, rows=rows)

    _, *stacks = b.loop(body, [active.with_shape([-1, -1, -1])], count=b("Squeeze", count / _BLOCK))
    # [steps, batch, block, columns] to [batch, size, columns].
    blocks = [b("Transpose", stack.with_shape([-1, -1, -1, -1]), perm=[1, 0, 2, 3]) for stack in stacks]
    return Elimination(
        *(b("Reshape", block, vector(b, batch, count, b("Shape", block, start=3)), allowzero=1) for block in blocks)
    )


def _advance(b: Builder, active: Value, first: Index, *, rows: bool) -> list[Value]:
    """A block of columns: what is left, and the rows, pivots and choices that are now known."""
    panel = cut(b, active, (first, first + _BLOCK), axis=2)
    panel = _with_places(b, panel, b("Shape", active, start=1, end=2)).with_shape([-1, -1, _BLOCK + 1])
    found = _reduce(b, batch_last(b, panel), _BLOCK, keep=True, singular=not rows)
    factors, pivots, choices = (batch_first(b, value) for value in dataclasses.astuple(found))
    places, factors = split(b, factors, 1, _BLOCK, axis=2)
    active = b("GatherND", active, places.cast(np.int64), batch_dims=1)
    right = cut(b, active, (first + _BLOCK, END), axis=2)
    lower = cut(b, found.rows, (0, _BLOCK), (1, _BLOCK + 1), axis=0).with_shape([_BLOCK, _BLOCK, -1])
    above = batch_last(b, cut(b, right, (0, _BLOCK), axis=1).with_shape([-1, _BLOCK, -1]))
    above = substitute(b, lower, above, _BLOCK, lower=True, unit=True)
    above = batch_first(b, above.with_shape([_BLOCK, -1, -1]))
    below = cut(b, right, (_BLOCK, END), axis=1) - b("MatMul", cut(b, factors, (_BLOCK, END), axis=1), above)
    if not rows:
        return [below, cut(b, factors, (0, 0), axis=2), pivots, choices]
    left = cut(b, active, (0, first), axis=2)
    whole = b("Concat", left, factors, b("Concat", above, below, axis=1), axis=2)
    return [cut(b, whole, (_BLOCK, END), axis=1), cut(b, whole, (0, _BLOCK), axis=1), pivots, choices]


def _reduce(b: Builder, active: Value, steps: int, *, keep: bool, singular: bool) -> Elimination:
    """The first columns of [rows, columns, batch]; what comes out has the batch last, too.

    To `keep` columns is to have the rows' numbers before them.
    """
    count, width, _ = active.shape or [-1, -1, -1]
    rows: list[Value] = []
    pivots: list[Value] = []
    choices: list[Value] = []
    places = indices(b, count if count > 0 else b("Shape", active, end=1), -1, 1, 1)
    for index in range(steps):
        column = 1 + index if keep else 0
        if index + 1 == count:
            pivots.append(cut(b, active, (column, column + 1), axis=1))
            break
        choice = b("ArgMax", abs(cut(b, active, (column, column + 1), axis=1)), axis=0, keepdims=1)
        columns: Index = b("Shape", active, start=1, end=2) if width < 0 else width - (0 if keep else index)
        place = b("Expand", choice, vector(b, 1, columns, 1))
        row = b("GatherElements", active, place, axis=0)
        # The first row goes where the chosen one was: faster than ScatterElements.
        chosen = cut(b, places, (index + 1, END), axis=0).equals(choice + index)
        below = b.where(chosen, cut(b, active, (0, 1), axis=0), cut(b, active, (1, END), axis=0))
        sizes = [*([column] if keep else []), 1, columns - column - 1]
        (*_, pivot, line), (*known, factors, rest) = (split(b, value, *sizes, axis=1) for value in (row, below))
        factors = factors / (b.where(pivot.equals(0), b.constant(1), pivot) if singular else pivot)
        rest = rest - factors * line
        active = b("Concat", *known, factors, rest, axis=1) if keep else rest
        rows.append(row)
        pivots.append(pivot)
        choices.append(choice)
    rows = [*rows, active] if keep else pivots
    choices = choices or [cut(b, pivots[0], (0, 0), axis=0).cast(np.int64)]
    return Elimination(*(b("Concat", *parts, axis=0) for parts in (rows, pivots, choices)))
