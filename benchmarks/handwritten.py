"""ONNX graphs written by hand: the smallest that compute a model's score, to measure the exported ones against."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

__all__ = ["Graph"]


class Graph:
    """A few ONNX nodes, written by hand.

    Example:
        >>> g = Graph()
        >>> doubled = g("Add", "x", "x")
        >>> _ = g("Squeeze", doubled, g.constant([1], "i8"), output="score")
        >>> [node.op_type for node in g.model({"x": 1}).graph.node]
        ['Add', 'Squeeze']
    """

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def __call__(self, operator: str, *inputs: str, output: str | None = None, **attributes: object) -> str:
        """Adds a node of one output, and returns its name."""
        name = output or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def split(self, x: str, sizes: list[int]) -> list[str]:
        """x in consecutive parts of its second axis; x itself where there is one part."""
        if len(sizes) == 1:
            return [x]
        names = [f"t{len(self.nodes)}_{index}" for index in range(len(sizes))]
        self.nodes.append(helper.make_node("Split", [x, self.constant(sizes, "i8")], names, axis=1))
        return names

    def concat(self, parts: list[str]) -> str:
        """The parts beside each other; the part itself where there is one."""
        return parts[0] if len(parts) == 1 else self("Concat", *parts, axis=1)

    def constant(self, value: object, dtype: str = "f4") -> str:
        """Adds an initialiser, and returns its name."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def affine(self, x: str, kernel: np.ndarray, bias: np.ndarray, activation: str | None = None) -> str:
        """x·kernel + bias, and what follows it."""
        x = self("Gemm", x, self.constant(kernel), self.constant(bias))
        return self(activation, x) if activation else x

    def dense(self, x: str, layer: object, activation: str | None = None) -> str:
        """A Keras layer's product."""
        return self.affine(x, *layer.get_weights(), activation)

    def model(self, inputs: dict[str, int]) -> onnx.ModelProto:
        """The graph from float32 inputs [batch, size] to `score` [batch]."""
        tensors = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", size]) for name, size in inputs.items()
        ]
        score = helper.make_tensor_value_info("score", TensorProto.FLOAT, ["batch"])
        graph = helper.make_graph(self.nodes, "minimal", tensors, [score], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
