"""Vectors: their cross product, and tensors whose diagonal they are."""

from typing import Any

from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.matrices import indices
from tfgen_export.handlers.shapes import rank

__all__ = ["Cross", "Diag", "DiagPart"]


_ORDERS = ((1, 2, 0), (2, 0, 1))


@tf_op("Cross")
class Cross:
    """The cross product of vectors along the last axis: a₂b₃ − a₃b₂ and so on, in TensorFlow's own roundings."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        x, y = ([b("Gather", value, b.integers(*order), axis=-1) for order in _ORDERS] for value in b.inputs)
        b.finish(x[0] * y[1] - x[1] * y[0])


@tf_op("Diag")
class Diag:
    """`tf.linalg.tensor_diag`: a diagonal and zeros elsewhere, [*shape] to [*shape, *shape]: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        shape = b("Shape", b.inputs[0])
        flat = b("Reshape", b.inputs[0], b.integers(-1))
        count = b("Shape", flat)
        # Rows of one entry more than the matrix has: an entry and as many zeros as there are entries.
        rows = b("Pad", b("Unsqueeze", flat, b.integers(1)), b("Concat", b.integers(0, 0, 0), count, axis=0))
        square = b("Slice", b("Reshape", rows, b.integers(-1)), b.integers(0), count * count)
        b.finish(b("Reshape", square, b("Concat", shape, shape, axis=0), allowzero=1))


@tf_op("DiagPart")
class DiagPart:
    """`tf.linalg.tensor_diag_part`: the diagonal, [*shape, *shape] to [*shape]: exact."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        value = b.inputs[0]
        shape = b("Slice", b("Shape", value), b.integers(0), rank(b, value) / 2)
        count = b("ReduceProd", shape, keepdims=1)
        places = indices(b, count, -1) * (count + 1)
        diagonal = b("Gather", b("Reshape", value, b.integers(-1)), places)
        b.finish(b("Reshape", diagonal, shape, allowzero=1))
