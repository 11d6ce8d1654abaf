"""Sums of products by Einstein's convention."""

from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.errors import ConversionError
from tfgen_export.handlers.builder import Builder

__all__ = ["Einsum"]

_NATIVE = tuple(np.dtype(kind) for kind in ("float32", "float64", "int32", "int64"))


@tf_op("Einsum")
class Einsum:
    """Σ over the labels that the output lacks: a product of matrices where it is one, else ONNX's Einsum.

    tf2onnx makes the letters of the labels small, so that two labels may become one, and knows neither `...` nor a
    label twice in one term.

    Raises:
        ConversionError: for complex entries, and for a label that the output has twice.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        equation = node.get_attr_str("equation").replace(" ", "")
        terms, output = _parse(equation)
        if len(set(output.replace(".", ""))) < len(output.replace(".", "")) or b.dtype.kind == "c":
            raise ConversionError(
                f"Einsum (node {node.name!r}) needs real entries, and each label of the output once. "
                f"Received: {equation!r} of {b.dtype}"
            )
        dtype = b.dtype
        wide = dtype if dtype in _NATIVE else np.dtype(np.float32 if dtype.kind == "f" else np.int64)
        inputs = [value.cast(wide) for value in b.inputs]
        side = _side(terms, output)
        if side is None:
            result = b("Einsum", *inputs, equation=f"{','.join(terms)}->{output}")
        else:
            right = inputs[1]
            if side == "transposed":
                rank = len(terms[1])
                right = b("Transpose", right, perm=[*range(rank - 2), rank - 1, rank - 2])
            result = b("MatMul", inputs[0], right)
        b.finish(result.cast(dtype))


def _parse(equation: str) -> tuple[list[str], str]:
    """The terms and the output; without an arrow the labels that come once, in the order of the alphabet."""
    left, arrow, output = equation.partition("->")
    if not arrow:
        labels = left.replace(",", "").replace(".", "")
        once = sorted(label for label in set(labels) if labels.count(label) == 1)
        output = ("..." if "..." in left else "") + "".join(once)
    return left.split(","), output


def _side(terms: list[str], output: str) -> str | None:
    """Whether the second factor is to be `plain` or `transposed` for a product of matrices; None where it is not one.

    It is for `…ik,…kj->…ij`, with the same labels of a batch in all three or, in the second, none.
    """
    if len(terms) != 2 or any("." in term for term in terms):
        return None
    first, second = terms
    if len(first) < 2 or len(second) < 2 or any(len(set(term)) < len(term) for term in (first, second)):
        return None
    batch, inner, outer = second[:-2], first[-1], output[-1:]
    if {inner, outer} != set(second[-2:]) or output != first[:-1] + outer:
        return None
    if batch and first[:-2] != batch:
        return None
    return "plain" if second[-2:] == inner + outer else "transposed"
