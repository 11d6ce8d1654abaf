"""Products with constant weights, of which later steps are made a part."""

import collections
import dataclasses

import numpy as np
import onnx
from onnx import helper, numpy_helper

from tfgen_export.shapes import Shapes

__all__ = ["narrow_products"]


@dataclasses.dataclass(frozen=True)
class _Product:
    """x·W, or x·W + b: one row of columns for whatever comes before."""

    x: str
    weights: np.ndarray
    bias: np.ndarray | None

    def columns(self, start: int, end: int) -> "_Product":
        bias = None if self.bias is None else self.bias[start:end]
        return _Product(self.x, self.weights[:, start:end], bias)

    def scaled(self, factor: np.ndarray) -> "_Product":
        bias = None if self.bias is None else self.bias * factor
        return _Product(self.x, self.weights * factor, bias)


def narrow_products(model: onnx.ModelProto, shapes: Shapes) -> None:
    """Lets each part of a split product be a product of its own, and scalar factors a part of the weights.

    A coupling or a mixture's head computes all its parameters by one product, splits them, and scales some: split
    weights do the same without touching the numbers of each row again. Numbers change by rounding alone.

    Args:
        model: changed in place; only its outermost graph, without loops and branches.
        shapes: of its tensors, where they are known.
    """
    graph = model.graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    uses = collections.Counter(name for node in graph.node for name in node.input)
    uses.update(value.name for value in graph.output)
    products: dict[str, _Product] = {}
    kept: list[onnx.NodeProto] = []
    for node in graph.node:
        found = _product(node, constants, products, uses)
        if found is not None:
            products[node.output[0]] = found
        parts = _parts(node, constants, shapes, products, uses) or _scaled(node, constants, products, uses)
        for name, part in parts.items():
            products[name] = part
            kept.extend(_nodes(graph, name, part))
        if not parts:
            kept.append(node)  # what nobody uses any more goes with the other dead code
    del graph.node[:]
    graph.node.extend(kept)


def _product(
    node: onnx.NodeProto,
    constants: dict[str, np.ndarray],
    products: dict[str, _Product],
    uses: collections.Counter[str],
) -> _Product | None:
    """What a node computes, where it is a product with constant weights, or adds a constant row to one."""
    if node.op_type == "MatMul":
        weights = constants.get(node.input[1])
        return None if weights is None or weights.ndim != 2 else _Product(node.input[0], weights, None)
    if node.op_type == "Add":
        for term, other in (node.input, node.input[::-1]):
            product, bias = products.get(term), constants.get(other)
            if product is None or bias is None or product.bias is not None or uses[term] > 1:
                continue
            if bias.shape == product.weights.shape[1:]:
                return dataclasses.replace(product, bias=bias)
    return None


def _parts(
    node: onnx.NodeProto,
    constants: dict[str, np.ndarray],
    shapes: Shapes,
    products: dict[str, _Product],
    uses: collections.Counter[str],
) -> dict[str, _Product]:
    """The products that a split of one along its columns is; none where it is something else."""
    whole = products.get(node.input[0]) if node.op_type == "Split" and uses[node.input[0]] == 1 else None
    shape = shapes.get(node.input[0])
    if whole is None or shape is None:
        return {}
    axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 0)
    if axis % len(shape) != len(shape) - 1:
        return {}
    total, count = whole.weights.shape[1], len(node.output)
    sizes = constants.get(node.input[1]) if len(node.input) > 1 else np.full(count, total // count)
    if sizes is None or sizes.sum() != total:
        return {}
    edges = np.cumsum([0, *sizes]).tolist()
    return {name: whole.columns(edges[i], edges[i + 1]) for i, name in enumerate(node.output) if name}


def _scaled(
    node: onnx.NodeProto,
    constants: dict[str, np.ndarray],
    products: dict[str, _Product],
    uses: collections.Counter[str],
) -> dict[str, _Product]:
    """The product that a product times a constant number is; none where it is something else."""
    if node.op_type == "Mul":
        for term, other in (node.input, node.input[::-1]):
            product, factor = products.get(term), constants.get(other)
            if product is not None and factor is not None and factor.size == 1 and factor.ndim < 2 and uses[term] == 1:
                return {node.output[0]: product.scaled(factor)}
    return {}


def _nodes(graph: onnx.GraphProto, name: str, product: _Product) -> list[onnx.NodeProto]:
    """A product as nodes, its weights among the graph's constants."""

    def constant(kind: str, values: np.ndarray) -> str:
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(values), f"{name}_{kind}"))
        return f"{name}_{kind}"

    inputs = [product.x, constant("weights", product.weights)]
    if product.bias is None:
        return [helper.make_node("MatMul", inputs, [name], name=name)]
    terms = [f"{name}_product", constant("bias", product.bias)]
    return [
        helper.make_node("MatMul", inputs, terms[:1], name=terms[0]),
        helper.make_node("Add", terms, [name], name=name),
    ]
