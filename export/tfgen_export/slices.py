"""Slices that take back what was just put together."""

import itertools

import numpy as np
import onnx
from onnx import numpy_helper

from tfgen_export.shapes import Shapes

__all__ = ["forward_slices"]

_ALL = 2**31 - 1


def forward_slices(model: onnx.ModelProto, shapes: Shapes) -> None:
    """Lets what slices one part out of a concatenation have that part itself.

    TFP's couplings put their two halves together, and take the first out again to compute the log-determinant of the
    Jacobian: with the same half as input, the second evaluation of the network is seen to be the first. A flow's
    density then takes half the work.

    Args:
        model: changed in place; only its outermost graph, without loops and branches.
        shapes: of its tensors, where they are known.
    """
    graph = model.graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    concatenations = {node.output[0]: node for node in graph.node if node.op_type == "Concat"}
    for node in graph.node:
        if node.op_type != "Slice" or node.input[0] not in concatenations:
            continue
        part = _part(node, concatenations[node.input[0]], shapes, constants)
        if part is not None:
            # Dead code afterwards, where nothing else used the concatenation.
            node.op_type = "Identity"
            del node.input[:]
            node.input.append(part)


def _part(
    node: onnx.NodeProto,
    concatenation: onnx.NodeProto,
    shapes: Shapes,
    constants: dict[str, np.ndarray],
) -> str | None:
    """The input of the concatenation that is the slice; None where the slice is no input, or sizes are not known."""
    whole = [shapes.get(name) for name in concatenation.input]
    known = [shape for shape in whole if shape is not None]
    bounds = _bounds(node, constants)
    if bounds is None or len(known) < len(whole):
        return None
    start, end, axis = bounds
    along = concatenation.attribute[0].i % len(known[0])
    sizes = [size for shape in known if (size := shape[along]) is not None]
    if axis % len(known[0]) != along or len(sizes) < len(known):
        return None
    edges = np.cumsum([0, *sizes])
    start, end = (int(np.clip(bound + edges[-1] if bound < 0 else bound, 0, edges[-1])) for bound in (start, end))
    for index, (first, last) in enumerate(itertools.pairwise(edges)):
        if (first, last) == (start, end):
            return concatenation.input[index]
    return None


def _bounds(node: onnx.NodeProto, constants: dict[str, np.ndarray]) -> tuple[int, int, int] | None:
    """Start, end and axis of a slice of one axis with step 1; None where it is something else, or not constant."""
    given = [constants.get(name) for name in node.input[1:]]
    tables = [table.tolist() for table in given if table is not None]
    if len(tables) < max(3, len(given)):
        return None
    starts, ends, axes = tables[:3]
    steps = tables[3] if len(tables) > 3 else [1] * len(starts)
    # Along the others all is taken.
    rows = [row for row in zip(starts, ends, axes, steps, strict=True) if row[0] != 0 or row[1] < _ALL or row[3] != 1]
    return rows[0][:3] if len(rows) == 1 and rows[0][3] == 1 else None
