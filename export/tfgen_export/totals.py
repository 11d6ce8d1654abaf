"""Sums of sums, taken at once."""

import collections
from collections.abc import Callable

import onnx
from onnx import helper, numpy_helper

from tfgen_export.shapes import Shapes

__all__ = ["join_sums"]

Key = tuple[int, tuple[int, ...], tuple[int, ...]]
"""Rank, reduced axes, and the sizes along them."""


def join_sums(model: onnx.ModelProto, shapes: Shapes) -> None:
    """Σ a + Σ b + … over the same axes becomes Σ (a + b + …), with one node for the inner sum.

    A flow adds up the log-determinants of its layers, each of which is a sum over entries: of n layers, n reductions
    and n additions become one of each. Numbers change by rounding alone.

    Args:
        model: changed in place; only its outermost graph, without loops and branches.
        shapes: of its tensors, where they are known.
    """
    graph = model.graph
    producers = {name: node for node in graph.node for name in node.output}
    uses = collections.Counter(name for node in graph.node for name in node.input)
    uses.update(value.name for value in graph.output)
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}

    def inner(name: str) -> bool:
        """Whether a tensor is a sum that only another one uses."""
        return name in producers and producers[name].op_type == "Add" and uses[name] == 1

    def leaves(name: str) -> list[str]:
        return [part for term in producers[name].input for part in (leaves(term) if inner(term) else [term])]

    def key(name: str) -> Key | None:
        node = producers.get(name)
        if node is None or node.op_type != "ReduceSum" or uses[name] > 1 or len(node.input) < 2:
            return None
        kept = {attribute.name: attribute.i for attribute in node.attribute}
        shape, axes = shapes.get(node.input[0]), constants.get(node.input[1])
        if kept.get("keepdims", 1) or not shape or axes is None or not axes.size:
            return None
        places = tuple(sorted(int(axis) % len(shape) for axis in axes))
        sizes = tuple(size for place in places if (size := shape[place]) is not None)
        return (len(shape), places, sizes) if len(sizes) == len(places) else None

    inside = {term for node in graph.node if node.op_type == "Add" for term in node.input if inner(term)}
    replaced: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        if node.op_type == "Add" and node.output[0] not in inside:
            nodes = _joined(node.output[0], leaves(node.output[0]), producers, key)
            if nodes:
                replaced[node.output[0]] = nodes
    kept = [new for node in graph.node for new in replaced.get(node.output[0], [node])]
    del graph.node[:]
    graph.node.extend(kept)  # what nobody uses any more goes with the other dead code


def _joined(
    total: str, terms: list[str], producers: dict[str, onnx.NodeProto], key: Callable[[str], Key | None]
) -> list[onnx.NodeProto]:
    """The nodes of a total whose terms are joined where they can be; none where none can."""
    groups: dict[Key | str, list[str]] = {}
    for term in terms:
        groups.setdefault(key(term) or term, []).append(term)
    joined = [group for group in groups.values() if len(group) > 1 and key(group[0])]
    if not joined:
        return []
    rest = [term for group in groups.values() for term in group if group not in joined]
    nodes = []
    for index, group in enumerate(joined):
        name = f"{total}_joined_{index}"
        summands = [producers[term].input[0] for term in group]
        reduction = onnx.NodeProto()
        reduction.CopyFrom(producers[group[0]])
        reduction.name, reduction.input[0], reduction.output[0] = name, f"{name}_summands", name
        nodes += [helper.make_node("Sum", summands, [f"{name}_summands"], name=f"{name}_summands"), reduction]
        rest.append(name)
    if len(rest) == 1:
        nodes[-1].output[0] = total
        return nodes
    return [*nodes, helper.make_node("Sum", rest, [total], name=f"{total}_total")]
