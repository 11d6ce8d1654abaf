"""Products of matrices."""

from typing import Any

from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = ["MatMul", "transposed"]


def transposed(b: Builder, x: Value) -> Value:
    """Matrices with rows and columns exchanged, in batches of any shape."""
    if x.shape is not None:
        rank = len(x.shape)
        return b("Transpose", x, perm=[*range(rank - 2), rank - 1, rank - 2])
    rows, columns, batch = b.sizes(x, -2, -1), b.sizes(x, -1), b.sizes(x, 0, -2)
    single = b("Reshape", x, b("Concat", b("ReduceProd", batch), rows, columns, axis=0))
    return b("Reshape", b("Transpose", single, perm=[0, 2, 1]), b("Concat", batch, columns, rows, axis=0))


@tf_op(["MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"])
class MatMul:
    """A product of matrices, in batches whose shapes broadcast; either may be transposed.

    tf2onnx leaves out the transposition of a tensor whose rank is not known.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        names = (("transpose_a", "adj_x"), ("transpose_b", "adj_y"))
        factors = [
            transposed(b, x) if any(node.get_attr_value(name, 0) for name in pair) else x
            for x, pair in zip(b.inputs, names, strict=True)
        ]
        b.finish(b("MatMul", *factors))
