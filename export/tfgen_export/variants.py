"""Of functions that have an implementation for each device, that for the CPU."""

import uuid
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

__all__ = ["choose_cpu"]

_INTERFACE, _DEVICE = "api_implements", "api_preferred_device"


def choose_cpu(concrete: Any) -> Any:
    """Lets a function call what TensorFlow would run on a CPU.

    TFP's samplers of Gamma, Poisson and Binomial are traced twice, once for XLA and once for the CPU; which of the two
    draws is decided when the graph runs, by attributes of the functions, and a translation of the other one
    draws other numbers.

    Args:
        concrete: a traced function; not changed.

    Returns:
        The same function, with tensors of the same names; itself where it has no such variants.
    """
    graph = concrete.graph.as_graph_def()
    functions = graph.library.function
    preferred = [function for function in functions if _text(function, _DEVICE) == b"CPU"]
    if not preferred:
        return concrete
    # Names of their own: TensorFlow has functions of these names already.
    suffix = f"_{uuid.uuid4().hex[:8]}"
    chosen = {function.signature.name: _variant(function, preferred) + suffix for function in functions}
    for nodes in (graph.node, *(function.node_def for function in functions)):
        for node in nodes:
            for attribute in node.attr.values():
                for called in [attribute.func] if attribute.HasField("func") else attribute.list.func:
                    called.name = chosen.get(called.name, called.name)
    for function in functions:
        function.signature.name += suffix
        for key in {_INTERFACE, _DEVICE} & set(function.attr):
            del function.attr[key]
    for gradient in graph.library.gradient:
        gradient.function_name = chosen.get(gradient.function_name, gradient.function_name)
        gradient.gradient_func = chosen.get(gradient.gradient_func, gradient.gradient_func)
    return _wrap(concrete, graph)


def _variant(function: Any, preferred: Sequence[Any]) -> str:
    """The name of the CPU's implementation of a function: of the same interface, arguments and results."""
    interface = _text(function, _INTERFACE)
    if not interface or _text(function, _DEVICE) == b"CPU":
        return function.signature.name
    alike = (
        other.signature.name
        for other in preferred
        if _text(other, _INTERFACE) == interface and _types(other) == _types(function)
    )
    return next(alike, function.signature.name)


def _types(function: Any) -> list[list[int]]:
    signature = function.signature
    return [[argument.type for argument in arguments] for arguments in (signature.input_arg, signature.output_arg)]


def _text(function: Any, key: str) -> bytes:
    """An attribute; to ask the map for what it lacks would put it in."""
    return function.attr[key].s if key in function.attr else b""


def _wrap(concrete: Any, graph: Any) -> Any:
    """The definition as a function of the same arguments, which captures the same variables and tensors."""
    count = len(concrete.inputs) - len(concrete.captured_inputs)

    def run(*arguments: tf.Tensor) -> list[tf.Tensor]:
        captures = [tf.compat.v1.get_default_graph().capture(tensor) for tensor in concrete.captured_inputs]
        values = [*arguments, *captures]
        names = [tensor.name for tensor in concrete.inputs]
        outputs = [tensor.name for tensor in concrete.outputs]
        return tf.graph_util.import_graph_def(
            graph, input_map=dict(zip(names, values, strict=True)), return_elements=outputs, name=""
        )

    specs = [tf.TensorSpec(tensor.shape, tensor.dtype, name=tensor.op.name) for tensor in concrete.inputs[:count]]
    wrapped = tf.compat.v1.wrap_function(run, specs)
    wrapped.graph.variables = concrete.graph.variables
    return wrapped
