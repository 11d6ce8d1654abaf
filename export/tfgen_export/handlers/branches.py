"""Branches: `tf.cond`."""

from typing import Any

from onnx import TensorProto
from tf2onnx.handler import tf_op
from tf2onnx.onnx_opset.controlflow import inline_subgraph
from tf2onnx.tf_loader import find_function
from tf2onnx.utils import make_name

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.lists import make_dense, set_type, settle
from tfgen_export.handlers.value import Value

__all__ = ["If", "agree", "capture"]


def capture(graph: Any, values: dict[str, str]) -> None:
    """Lets arguments of a function be tensors from outside: from an argument's name to that of the tensor."""
    for argument in list(graph.inputs):
        name = argument.output[0]
        if name in values:
            argument.type = "Identity"
            graph.replace_inputs(argument, [values[name]])
            graph.inputs.remove(argument)


def agree(places: list[tuple[Any, str]]) -> None:
    """Gives a list that is the same tensor in several graphs the type that it has in one of them."""
    dtypes = [graph.get_dtype(name) for graph, name in places]
    known = next((dtype for dtype in dtypes if dtype != TensorProto.UNDEFINED), None)
    for (graph, name), dtype in zip(places, dtypes, strict=True):
        if known is not None and dtype == TensorProto.UNDEFINED:
            set_type(graph, name, known)


@tf_op(["If", "StatelessIf"])
class If:
    """One of two functions, of tensors that need not have the same shape; a condition that is known chooses at once."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        if node.get_body_graphs():
            return  # an If of ONNX, which one of tf2onnx's rewriters made
        b = Builder(context, node)
        condition, *given = (value.name for value in b.inputs)
        branches = {name: find_function(node.get_attr_str(name)) for name in ("then_branch", "else_branch")}
        for name in given:
            make_dense(context, name)
        for graph in branches.values():
            settle(graph)
        for index, name in enumerate(given):
            agree([(context, name), *((graph, graph.input_names[index]) for graph in branches.values())])
        for index, name in enumerate(node.output):
            agree([(context, name), *((graph, graph.outputs[index]) for graph in branches.values())])
        if node.inputs[0].is_const():
            graph = branches["then_branch" if node.inputs[0].get_tensor_value() else "else_branch"]
            values = dict(zip(graph.input_names, given, strict=True))
            outputs = inline_subgraph(context, graph, make_name("branch"), values)
        else:
            for graph in branches.values():
                graph.parent_graph = context
                capture(graph, dict(zip(graph.input_names, given, strict=True)))
                for name, shape in zip(graph.outputs, node.output_shapes, strict=True):
                    graph.set_shape(name, shape)
            outputs = context.make_node(
                "If", [condition], shapes=node.output_shapes, dtypes=node.output_dtypes, branches=branches,
                output_count=len(node.output),
            ).output  # fmt: skip
        b.finish(*(Value(b, name) for name in outputs))
