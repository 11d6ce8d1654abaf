"""Linear systems of square matrices."""

from typing import Any

from tf2onnx import utils
from tf2onnx.handler import tf_op

from tfgen_export.handlers.batches import batched
from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.elimination import eliminate
from tfgen_export.handlers.matrices import END, cut, identity, size_of, transpose
from tfgen_export.handlers.triangular import solve_triangular
from tfgen_export.handlers.value import Value

__all__ = ["Lu", "MatrixInverse", "MatrixSolve"]


@tf_op("MatrixSolve")
class MatrixSolve:
    """Solves A X = B, or Aᵀ X = B, by Gaussian elimination with partial pivoting.

    Largest |A X − B| / (‖A‖·‖X‖), of sizes up to 32: 1.3 ε in float32, 1.2 ε in float64 (TensorFlow's are the same).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        adjoint = bool(node.get_attr_value("adjoint", False))

        def solve(matrix: Value, right: Value) -> list[Value]:
            return [_solve(b, transpose(b, matrix) if adjoint else matrix, right)]

        b.finish(*batched(b, solve, *b.inputs))


@tf_op("MatrixInverse")
class MatrixInverse:
    """A⁻¹, or its transpose, by Gaussian elimination with partial pivoting.

    Largest |A X − I| / (‖A‖·‖X‖), of sizes up to 32: 0.5 ε in float32 and in float64 (TensorFlow 0.7 ε).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        adjoint = bool(node.get_attr_value("adjoint", False))

        def invert(matrix: Value) -> list[Value]:
            matrix = transpose(b, matrix) if adjoint else matrix
            return [_solve(b, matrix, identity(b, matrix))]

        b.finish(*batched(b, invert, b.inputs[0]))


@tf_op("Lu")
class Lu:
    """P A = L U with partial pivoting: L and U in one matrix, and the rows' order.

    Largest |P A − L U| / (|L| |U|), of sizes up to 32: 1.9 ε in float32 and float64 (TensorFlow 1.9 and 1.6 ε).
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        dtype = utils.map_onnx_to_numpy_type(node.output_dtypes[1])

        def factor(matrix: Value) -> list[Value]:
            rows, size = eliminate(b, matrix, rows=True, before=1).rows, b.sizes(matrix, 2)
            order = b("Squeeze", cut(b, rows, (0, size), (0, 1), axis=1), b.integers(2))
            return [cut(b, rows, (0, size), (1, size + 1), axis=1), order.cast(dtype)]

        b.finish(*batched(b, factor, b.inputs[0]))


def _solve(b: Builder, matrix: Value, right: Value) -> Value:
    size, columns = size_of((matrix, 1), (matrix, 2), (right, 1)), right.shape[2] if right.shape else -1
    if size == 0:
        return b("MatMul", matrix, right)
    rows = eliminate(b, matrix, right, rows=True).rows
    start = size if size > 0 and rows.shape and rows.shape[1] == size else b.sizes(rows, 1, 2)
    end = size if size > 0 else b.sizes(matrix, 2)
    upper = cut(b, rows, (0, end), (0, end), axis=1).with_shape([-1, size, size])
    sides = cut(b, rows, (0, end), (start, END), axis=1).with_shape([-1, size, columns])
    return solve_triangular(b, upper, sides, lower=False)
