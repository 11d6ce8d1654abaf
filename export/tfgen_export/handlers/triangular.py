"""Triangular systems, by substitution."""

from typing import Any

from tf2onnx.handler import tf_op

from tfgen_export.handlers.batches import batched
from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.matrices import END, Index, batch_first, batch_last, cut, size_of, split, transpose
from tfgen_export.handlers.value import Value

__all__ = ["MatrixTriangularSolve", "solve_triangular", "substitute"]

_BLOCK = 10
_UNROLLED = 30  # a larger matrix is a loop over its blocks


@tf_op("MatrixTriangularSolve")
class MatrixTriangularSolve:
    """Solves L X = B or Lᵀ X = B by substitution: x_i = (b_i − Σ_j l_ij x_j) / l_ii.

    Substitution is backward stable, as TensorFlow's own solver is; forming an inverse would not be. Blocks of ten
    rows are solved column by column, and what is solved enters the blocks after it by a product of matrices. Sizes
    and batch shapes may be dynamic; larger matrices are a loop over blocks. What stands in the other triangle is not
    read. Largest |L X − B| / (|L| |X|), of sizes up to 32: 1.2 ε in float32 and float64 (TensorFlow 1.3 ε).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        adjoint = bool(node.get_attr_value("adjoint", False))
        lower = bool(node.get_attr_value("lower", True)) != adjoint

        def solve(matrix: Value, right: Value) -> list[Value]:
            return [solve_triangular(b, transpose(b, matrix) if adjoint else matrix, right, lower=lower)]

        b.finish(*batched(b, solve, *b.inputs))


def solve_triangular(b: Builder, matrix: Value, right: Value, *, lower: bool) -> Value:
    """L X = B or U X = B, where both are [batch, rows, columns] and one batch may be 1 and the other not."""
    size = size_of((matrix, 1), (matrix, 2), (right, 1))
    if size == 0:
        return b("MatMul", matrix, right)
    if not 0 < size <= _UNROLLED:
        return _solve_in_loop(b, matrix, right, lower=lower)
    solved: Value | None = None
    for rows in _blocks(size, lower=lower):
        solved = _advance(b, matrix, right, solved, rows, lower=lower)
    return b.constant([]) if solved is None else solved


def _blocks(size: int, *, lower: bool) -> list[tuple[int, int]]:
    """Ranges of rows in the order of the solution."""
    if lower:
        return [(first, min(first + _BLOCK, size)) for first in range(0, size, _BLOCK)]
    return [(max(last - _BLOCK, 0), last) for last in range(size, 0, -_BLOCK)]


def _solve_in_loop(b: Builder, matrix: Value, right: Value, *, lower: bool) -> Value:
    # Rows of zeros fill up the block that comes last: what comes of them concerns no other row.
    size, columns = b.sizes(matrix, 2), right.shape[2] if right.shape else -1
    whole = b("Max", size + b("Mod", -size, _BLOCK), _BLOCK)
    none, missing = b.integers(0), whole - size
    before, after = (none, missing) if lower else (missing, none)
    matrix = b("Pad", matrix, b("Concat", before, before, after, after, axis=0), "", b.integers(1, 2))
    right = b("Pad", right, b("Concat", before, after, axis=0), "", b.integers(1))
    matrix, right = matrix.with_shape([-1, -1, -1]), right.with_shape([-1, -1, columns])

    def rows(step: Value) -> tuple[Value, Value]:
        first = step * _BLOCK if lower else whole - (step + 1) * _BLOCK
        return first, first + _BLOCK

    def body(step: Value, solved: Value) -> tuple[None, list[Value]]:
        return None, [_advance(b, matrix, right, solved.with_shape([-1, -1, columns]), rows(step + 1), lower=lower)]

    # The first block has none before it: ONNX Runtime 1.31 fills a product over none with whatever is in memory
    # where it has fused it with a transposition.
    solved = _advance(b, matrix, right, None, rows(b.integers(0)), lower=lower)
    (solved,) = b.loop(body, [solved], count=b("Squeeze", whole / _BLOCK - 1))
    return cut(b, solved, (before, before + size), axis=1)


def _advance(
    b: Builder, matrix: Value, right: Value, solved: Value | None, rows: tuple[Index, Index], *, lower: bool
) -> Value:
    """The rows that are solved already, and a block more."""
    first, last = rows
    size = last - first if isinstance(first, int) and isinstance(last, int) else _BLOCK
    if size_of((right, 1)) != size:
        right, matrix = cut(b, right, rows, axis=1), cut(b, matrix, rows, axis=1)
    if solved is not None:
        known = cut(b, matrix, (0, first) if lower else (last, END), axis=2)
        right = right - b("MatMul", known, solved)
    if size_of((matrix, 2)) != size:
        matrix = cut(b, matrix, rows, axis=2)
    columns = right.shape[2] if right.shape else -1
    matrix, right = matrix.with_shape([-1, size, size]), right.with_shape([-1, size, columns])
    block = substitute(b, batch_last(b, matrix), batch_last(b, right), size, lower=lower)
    block = batch_first(b, block.with_shape([size, columns, -1]))
    if solved is None:
        return block
    return b("Concat", *((solved, block) if lower else (block, solved)), axis=1)


def substitute(b: Builder, matrix: Value, right: Value, size: int, *, lower: bool, unit: bool = False) -> Value:
    """L X = B or U X = B, [rows, columns, batch] both, column by column; `unit`: the diagonal is 1 and not read."""
    rows, rest = [], right
    for index in range(size) if lower else reversed(range(size)):
        others = size - index - 1 if lower else index
        column = cut(b, matrix, (index, END) if lower else (0, index + 1), (index, index + 1), axis=0)
        if others == 0:
            rows.append(rest if unit else rest / column)
            continue
        # The pivot's row comes first, or last.
        sizes, own = ((1, others), 0) if lower else ((others, 1), 1)
        pivot_and_factors, row_and_rest = (split(b, value, *sizes, axis=0) for value in (column, rest))
        row, rest = row_and_rest[own], row_and_rest[1 - own]
        rows.append(row if unit else row / pivot_and_factors[own])
        rest = rest - pivot_and_factors[1 - own] * rows[-1]
    return b("Concat", *(rows if lower else reversed(rows)), axis=0)
