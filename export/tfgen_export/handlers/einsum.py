"""Sums of products by Einstein's convention."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from tf2onnx.handler import tf_op

from tfgen_export.errors import ConversionError
from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.matrices import indices
from tfgen_export.handlers.value import Value

__all__ = ["Einsum"]

_NATIVE = tuple(np.dtype(kind) for kind in ("float32", "float64", "int32", "int64"))

Labels = Sequence[str]
"""A label for each axis of a tensor; those of an ellipsis are numbers, counted from its last."""


@tf_op("Einsum")
class Einsum:
    """Σ over the labels that the output lacks: a MatMul, or a product of entries where nothing or all is summed.

    No Einsum of ONNX's: tf2onnx would take it apart again, knows neither `...` nor a label twice in one term nor an
    empty one, and makes the letters of the labels small, so that two labels may become one.

    Raises:
        ConversionError: for complex entries, a label that the output has twice, and `...` of a rank not known.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        equation, dtype = node.get_attr_str("equation"), b.dtype
        left, _, right = equation.partition("->")
        letters, ranks = right.replace(".", ""), [value.shape for value in b.inputs]
        unknown = "..." in left and None in ranks
        if len(set(letters)) < len(letters) or dtype.kind == "c" or unknown:
            raise ConversionError(
                f"Einsum (node {node.name!r}) needs real entries, each label of the output once, and for `...` tensors "
                f"of known rank. Received: {equation!r} of {dtype} and shapes {ranks}"
            )
        terms = [_labels(term, len(shape or ())) for term, shape in zip(left.split(","), ranks, strict=True)]
        several = max(sum(label.isdigit() for label in term) for term in terms)
        output = _labels(right, len(letters) + several)
        wide = dtype if dtype in _NATIVE else np.dtype(np.float32 if dtype.kind == "f" else np.int64)
        factors = []
        for index, (value, term) in enumerate(zip(b.inputs, terms, strict=True)):
            others = {label for place, term in enumerate(terms) if place != index for label in term}
            factors.append(_simple(b, value.cast(wide), term, {*output, *others}))
        if len(factors) == 1:
            result = _arranged(b, *factors[0], output)
        else:
            result = _product(b, *factors[0], *factors[1], output)
        b.finish(result.cast(dtype))


def _labels(term: str, rank: int) -> Labels:
    """An ellipsis stands for as many axes as the others leave of the rank."""
    before, ellipsis, after = term.partition("...")
    missing = rank - len(before) - len(after) if ellipsis else 0
    return [*before, *(str(place) for place in reversed(range(missing))), *after]


def _simple(b: Builder, value: Value, labels: Labels, wanted: set[str]) -> tuple[Value, Labels]:
    """A label twice becomes one, by the diagonal; those that nothing else has are summed."""
    while twice := [label for label in labels if labels.count(label) > 1]:
        first = labels.index(twice[0])
        second = labels.index(twice[0], first + 1)
        rest = [axis for axis in range(len(labels)) if axis not in (first, second)]
        value = b("Transpose", value, perm=[*rest, first, second])
        sizes = b.sizes(value, 0, -2), b.sizes(value, -1)
        value = b("Reshape", value, b("Concat", sizes[0], sizes[1] * sizes[1], axis=0), allowzero=1)
        value = b("Gather", value, indices(b, sizes[1], -1) * (sizes[1] + 1), axis=len(rest))
        labels = [*(labels[axis] for axis in rest), twice[0]]
    alone = [axis for axis, label in enumerate(labels) if label not in wanted]
    if alone:
        value = b("ReduceSum", value, b.integers(*alone), keepdims=0)
    return value, [label for label in labels if label in wanted]


def _arranged(b: Builder, value: Value, labels: Labels, order: Labels) -> Value:
    """The axes in another order, and one of size 1 for each label that there is none of."""
    perm = [labels.index(label) for label in order if label in labels]
    if perm != sorted(perm):
        value = b("Transpose", value, perm=perm)
    new = [axis for axis, label in enumerate(order) if label not in labels]
    return b("Unsqueeze", value, b.integers(*new)) if new else value


def _product(b: Builder, x: Value, first: Labels, y: Value, second: Labels, output: Labels) -> Value:
    inner = [label for label in first if label in second and label not in output]
    batch = [label for label in output if label in first and label in second]
    rows = [label for label in output if label not in second]
    columns = [label for label in output if label not in first]
    if not inner or not (rows or columns):
        product = _arranged(b, x, first, [*output, *inner]) * _arranged(b, y, second, [*output, *inner])
        places = range(len(output), len(output) + len(inner))
        return b("ReduceSum", product, b.integers(*places), keepdims=0) if inner else product
    # MatMul takes any number of rows' axes, none too, where the other factor is no batch.
    x = _arranged(b, x, first, [*batch, *rows, *inner])
    left = _joined(b, x, [1] * len(batch) + ([len(rows)] if batch else [1] * len(rows)) + [len(inner)])
    y = _arranged(b, y, second, [*batch, *inner, *columns])
    ends = [len(inner), len(columns)] if batch or columns else [len(inner)]
    result = b("MatMul", left, _joined(b, y, [1] * len(batch) + ends))
    if len(columns) > 1 or (batch and (len(rows) != 1 or not columns)):
        end = len(batch) + (0 if batch else len(rows))
        shape = [b.sizes(result, 0, end)] if end else []
        shape += [b.sizes(x, len(batch), len(batch) + len(rows))] if batch and rows else []
        shape += [b.sizes(y, len(batch) + len(inner))] if columns else []
        result = b("Reshape", result, b("Concat", *shape, axis=0), allowzero=1)
    return _arranged(b, result, [*batch, *rows, *columns], output)


def _joined(b: Builder, value: Value, counts: Sequence[int]) -> Value:
    """So many neighbouring axes as one each; a new one of size 1 for none."""
    if all(count == 1 for count in counts):
        return value
    starts = np.cumsum([0, *counts])
    sizes = [
        b("ReduceProd", b.sizes(value, int(start), int(start) + count), keepdims=1) if count else b.integers(1)
        for start, count in zip(starts[:-1], counts, strict=True)
    ]
    return b("Reshape", value, b("Concat", *sizes, axis=0), allowzero=1)
