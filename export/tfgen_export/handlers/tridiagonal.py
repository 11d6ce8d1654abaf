"""Tridiagonal matrices."""

from typing import Any

from tf2onnx.handler import tf_op

from tfgen_export.handlers.batches import batched
from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.matrices import END, batch_first, batch_last, cut, flip, size_of, split, transpose, vector
from tfgen_export.handlers.value import Value

__all__ = ["TridiagonalMatMul", "TridiagonalSolve"]


@tf_op("TridiagonalMatMul")
class TridiagonalMatMul:
    """A tridiagonal matrix times another: each row is the sum of three, in TensorFlow's order."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        *diagonals, right = b.inputs

        def upright(diagonal: Value) -> Value:
            """[..., 1, size] to [..., size, 1]."""
            shape = b("Concat", b.sizes(diagonal, 0, -2), b.sizes(diagonal, -1), b.integers(1), axis=0)
            return b("Reshape", diagonal, shape, allowzero=1)

        above, main, below = (upright(diagonal) for diagonal in diagonals)
        axis = b.integers(-2)
        after = cut(b, b("Pad", right, b.integers(0, 1), "", axis), (1, END), axis=-2)
        before = cut(b, b("Pad", right, b.integers(1, 0), "", axis), (0, -1), axis=-2)
        # What a diagonal has outside the matrix may be anything.
        above = b("Pad", cut(b, above, (0, -1), axis=-2), b.integers(0, 1), "", axis)
        below = b("Pad", cut(b, below, (1, END), axis=-2), b.integers(1, 0), "", axis)
        b.finish(below * before + main * right + above * after)


@tf_op("TridiagonalSolve")
class TridiagonalSolve:
    """Solves a tridiagonal system by elimination, which exchanges two rows where the lower one's entry is larger.

    TensorFlow does so too unless told not to; the exchange is then the safer choice. Two loops over the rows: down,
    where each row keeps at most three entries, and up. Largest backward error ‖A x − b‖/(‖A‖ ‖x‖), in the norm of the
    largest: 1.6 ε (TensorFlow's own: the same, to the bit).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)

        def solve(diagonals: Value, right: Value) -> list[Value]:
            columns = right.shape[2] if right.shape else -1
            size = size_of((diagonals, 2), (right, 1))
            sides = batch_last(b, right.with_shape([-1, size, columns]))
            entries = batch_last(b, transpose(b, diagonals).with_shape([-1, size, 3]))
            return [batch_first(b, _solve(b, entries, sides).with_shape([size, columns, -1]))]

        b.finish(*batched(b, solve, *b.inputs))


def _solve(b: Builder, entries: Value, sides: Value) -> Value:
    """Rows of (above, main, below), [size, 3, batch], and right sides, [size, columns, batch]."""
    above, main, below = split(b, entries, 1, 1, 1, axis=1)
    # The last row has nothing on its right.
    above = b("Pad", cut(b, above, (0, -1), axis=0), b.integers(0, 1), "", b.integers(0))
    rows = b("Concat", below, main, above, sides, axis=1)
    nothing = b("Expand", b.constant([[[0]]]), vector(b, 1, 1, b.sizes(entries, 2)))
    count = b.sizes(sides, 0, 1)

    def down(step: Value, row: Value) -> tuple[None, list[Value]]:
        """A row has three entries from its diagonal on, as does the one below from there, and their right sides."""
        row, other = row.with_shape([1, -1, -1]), b("Gather", rows, vector(b, step + 1), axis=0)
        exchanged = abs(cut(b, other, (0, 1), axis=1)) > abs(cut(b, row, (0, 1), axis=1))
        upper, lower = b.where(exchanged, other, row), b.where(exchanged, row, other)
        factor = cut(b, lower, (0, 1), axis=1) / cut(b, upper, (0, 1), axis=1)
        rest = cut(b, lower, (1, END), axis=1) - factor * cut(b, upper, (1, END), axis=1)
        return None, [b("Concat", cut(b, rest, (0, 2), axis=1), nothing, cut(b, rest, (2, END), axis=1), axis=1), upper]

    first = [cut(b, part, (0, 1), axis=0) for part in (main, above, sides)]
    first.insert(2, nothing)
    last, lines = b.loop(down, [b("Concat", *first, axis=1)], count=b("Squeeze", count - 1))
    # Of no steps, ONNX Runtime knows no shape of what they collect.
    lines = b("Reshape", lines, b("Concat", count - 1, b.sizes(last, 1), axis=0), allowzero=1)
    lines = b("Concat", lines, last, axis=0)

    def up(step: Value, after: Value, second: Value) -> tuple[None, list[Value]]:
        line = b("Gather", lines, count - 1 - step, axis=0).with_shape([1, -1, -1])
        pivot, one, two = (cut(b, line, (index, index + 1), axis=1) for index in range(3))
        row = (cut(b, line, (3, END), axis=1) - one * after - two * second) / pivot
        return None, [row, after, row]

    start = b("Expand", nothing, vector(b, 1, b.sizes(sides, 1, 2), 1))
    _, _, solved = b.loop(up, [start, start], count=b("Squeeze", count))
    return flip(b, b("Squeeze", solved.with_shape([-1, 1, -1, -1]), b.integers(1)), 0)
