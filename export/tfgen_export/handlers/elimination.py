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

__all__ = ["Elimination", "eliminate", "numbered"]

_BLOCK = 10
_UNROLLED = 16  # a larger matrix is a loop over blocks of columns


@dataclasses.dataclass(frozen=True)
class Elimination:
    """What is left of [batch, size, size + columns] when each pivot's column went out of the rows below it.

    A size that is dynamic or large is rounded up to whole blocks: an identity follows the matrix.

    Attributes:
        rows: [batch, size, size + columns] in their final order: multipliers below the diagonal, U from it on, and
            on the right what the same steps made of the columns there. Not whole unless that is wanted.
        pivots: U's diagonal, [batch, size, 1].
        choices: by how many rows each pivot was moved up, int64 [batch, size, 1], or one fewer.
    """

    rows: Value
    pivots: Value
    choices: Value


def numbered(b: Builder, matrix: Value) -> Value:
    """A column of the rows' numbers, before the columns of [batch, rows, columns]."""
    _, rows, columns = matrix.shape or [-1, -1, -1]
    places = indices(b, rows if rows >= 0 else b.sizes(matrix, 1, 2), 1, -1, 1).cast(b.dtype)
    places = b("Expand", places, vector(b, b.sizes(matrix, 0, 1), 1, 1))
    return b("Concat", places, matrix, axis=2).with_shape([-1, rows, columns + 1 if columns >= 0 else -1])


def eliminate(b: Builder, matrix: Value, right: Value | None = None, *, rows: bool, before: int = 0) -> Elimination:
    """The pivot is the largest entry of its column in the rows that are left, and of equals the first.

    Larger matrices are a loop over blocks of ten columns: what a block does to the columns on its right is a triangular
    system and a product of matrices.

    Args:
        b: the builder.
        matrix: [batch, size, size].
        right: columns that take part, [batch, size, columns].
        rows: whether rows are wanted. If not, matrices may be singular: a pivot of 0, which only zeros follow,
            divides nothing.
        before: 1 to have the rows' numbers before the rows.
    """
    size = size_of((matrix, 1), (matrix, 2))
    small = 0 < size <= _UNROLLED
    active = matrix if small else bordered(b, matrix, _BLOCK)
    if before:
        active = numbered(b, active)
    width = before + size
    if right is not None:
        width = width + right.shape[2] if right.shape and right.shape[2] >= 0 else -1
        if not small:
            missing = b.sizes(active, 1, 2) - b.sizes(matrix, 2)
            right = b("Pad", right, vector(b, 0, missing), "", b.integers(1))
        active = b("Concat", active, right, axis=2)
    if not small:
        return _in_loop(b, active.with_shape([-1, -1, -1]), rows=rows, before=before)
    active = batch_last(b, active.with_shape([-1, size, width]))
    found = _reduce(b, active, size, before=before, keep=rows, singular=not rows)
    return Elimination(*(batch_first(b, value) for value in dataclasses.astuple(found)))


def _in_loop(b: Builder, active: Value, *, rows: bool, before: int) -> Elimination:
    batch, count = b.sizes(active, 0, 1), b.sizes(active, 1, 2)

    def body(step: Value, active: Value) -> tuple[None, list[Value]]:
        first = step * _BLOCK + before if rows else 0
        return None, _advance(b, active.with_shape([-1, -1, -1]), first, rows=rows)

    _, *stacks = b.loop(body, [active], count=b("Squeeze", count / _BLOCK))
    # [steps, batch, block, columns] to [batch, size, columns].
    blocks = [b("Transpose", stack.with_shape([-1, -1, -1, -1]), perm=[1, 0, 2, 3]) for stack in stacks]
    return Elimination(
        *(b("Reshape", block, vector(b, batch, count, b.sizes(block, 3)), allowzero=1) for block in blocks)
    )


def _advance(b: Builder, active: Value, first: Index, *, rows: bool) -> list[Value]:
    """A block of columns: what is left, and the rows, pivots and choices that are now known."""
    panel = numbered(b, cut(b, active, (first, first + _BLOCK), axis=2).with_shape([-1, -1, _BLOCK]))
    found = _reduce(b, batch_last(b, panel), _BLOCK, before=1, keep=True, singular=not rows)
    whole, pivots, choices = (batch_first(b, value) for value in dataclasses.astuple(found))
    places, factors = split(b, whole, 1, _BLOCK, axis=2)
    active = b("GatherND", active, places.cast(np.int64), batch_dims=1)
    right = cut(b, active, (first + _BLOCK, END), axis=2)
    lower = cut(b, found.rows, (0, _BLOCK), (1, END), axis=0).with_shape([_BLOCK, _BLOCK, -1])
    above = batch_last(b, cut(b, right, (0, _BLOCK), axis=1).with_shape([-1, _BLOCK, -1]))
    above = substitute(b, lower, above, _BLOCK, lower=True, unit=True)
    above = batch_first(b, above.with_shape([_BLOCK, -1, -1]))
    below = cut(b, right, (_BLOCK, END), axis=1) - b("MatMul", cut(b, factors, (_BLOCK, END), axis=1), above)
    if not rows:
        return [below, cut(b, factors, (0, 0), axis=2), pivots, choices]
    left = cut(b, active, (0, first), axis=2)
    active = b("Concat", left, factors, b("Concat", above, below, axis=1), axis=2)
    return [cut(b, active, (_BLOCK, END), axis=1), cut(b, active, (0, _BLOCK), axis=1), pivots, choices]


def _reduce(b: Builder, active: Value, steps: int, *, before: int, keep: bool, singular: bool) -> Elimination:
    """The first columns of [rows, columns, batch]; what comes out has the batch last, too."""
    count, width, _ = active.shape or [-1, -1, -1]
    places = indices(b, count if count > 0 else b.sizes(active, 0, 1), -1, 1, 1)
    rows: list[Value] = []
    pivots: list[Value] = []
    choices: list[Value] = []
    for index in range(steps):
        column = before + index if keep else 0
        if index + 1 == count:
            pivots.append(cut(b, active, (column, column + 1), axis=1))
            break
        choice = b("ArgMax", abs(cut(b, active, (column, column + 1), axis=1)), axis=0, keepdims=1)
        columns: Index = b.sizes(active, 1, 2) if width < 0 else width - (0 if keep else index)
        row = b("GatherElements", active, b("Expand", choice, vector(b, 1, columns, 1)), axis=0)
        # The first row goes where the chosen one was: faster than ScatterElements.
        chosen = cut(b, places, (index + 1, END), axis=0).equals(choice + index)
        below = b.where(chosen, cut(b, active, (0, 1), axis=0), cut(b, active, (1, END), axis=0))
        sizes = [*([column] if column else []), 1, columns - column - 1]
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
