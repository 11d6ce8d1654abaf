"""The functions that loops and branches call, made ready for tf2onnx: each call gets its own."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import tensorflow as tf
from tensorflow.python.framework.function_def_to_graph import function_def_to_graph
from tf2onnx import tfonnx

__all__ = ["resolving", "separate"]

_CALLS = {
    "While": ("cond", "body"),
    "StatelessWhile": ("cond", "body"),
    "If": ("then_branch", "else_branch"),
    "StatelessIf": ("then_branch", "else_branch"),
}
_SMALL = 4096
"""Elements of a constant that is copied into a function; a larger one is taken from outside."""


def separate(graph: Any, outputs: Sequence[str]) -> Any:
    """Gives each call of a loop or branch functions of its own, with the constants in them that it calls them with.

    tf2onnx moves a function's nodes to where it is called: one that is called twice would be torn, and names that
    occur in it and outside would be confused. And TensorFlow passes constants from outside, such as a permutation,
    as arguments, which makes them look dynamic.

    What has no part in the result, as assertions and printing have not, is left out. Placeholders with a default,
    which TFP hides shapes behind, pass on their default.

    Args:
        graph: TensorFlow's definition of a graph, which stays as it is.
        outputs: its outputs' names.

    Returns:
        One of the same function.
    """
    result = type(graph)()
    result.CopyFrom(graph)
    library = {function.signature.name: function for function in graph.library.function}
    numbers = itertools.count()
    _prune(result.node, outputs)
    pending = [result.node]
    while pending:
        nodes = pending.pop()
        for node in nodes:
            if node.op == "PlaceholderWithDefault":
                _pass_on(node)
        constants = {node.name: node for node in nodes if _constant(node)}
        for node in nodes:
            if node.op not in _CALLS:
                continue
            given = [constants.get(_node(reference)) for reference in _arguments(node)]
            if _loops(node.op):
                unchanged = _unchanged(library[node.attr["body"].func.name])
                given = [value if index in unchanged else None for index, value in enumerate(given)]
            for attribute in _CALLS[node.op]:
                own = result.library.function.add()
                called = library[node.attr[attribute].func.name]
                own.CopyFrom(_copy(called, f"call{next(numbers)}", f"{node.name}/{attribute}", given))
                node.attr[attribute].func.name = own.signature.name
                pending.append(own.node_def)
    return result


def _resolve(graph: Any) -> list[Any]:
    """The functions that a graph's loops and branches call, inner ones first, with the shapes of the calls.

    What a loop is entered with may be smaller than what comes out of its body: tf2onnx's own function of this name
    would take the shapes of the former for those of all steps.

    Args:
        graph: TensorFlow's graph, whose calls are separate.

    Returns:
        A graph for each function.
    """
    definitions = {name: function.definition for name, function in graph._functions.items()}

    def inner(outer: Any) -> Iterator[Any]:
        for operation in outer.get_operations():
            for attribute in _CALLS.get(operation.type, ()):
                definition = definitions[operation.get_attr(attribute).name]
                with graph.as_default():
                    function = function_def_to_graph(definition, input_shapes=_shapes(operation))
                yield from inner(function)
                yield function

    return list(inner(graph))


@contextmanager
def resolving() -> Iterator[None]:
    """Lets tf2onnx find functions by `_resolve`; it belongs to the process, so that one thread at a time may do so."""
    own, tfonnx.resolve_functions = tfonnx.resolve_functions, _resolve
    try:
        yield
    finally:
        tfonnx.resolve_functions = own


def _prune(nodes: Any, results: Iterable[str]) -> None:
    """Leaves out what no result depends on; that something is to run before something else is no dependence here."""
    by_name = {node.name: node for node in nodes}
    pending, needed = [_node(result) for result in results], set()
    while pending:
        name = pending.pop()
        if name in by_name and name not in needed:
            needed.add(name)
            pending += [_node(reference) for reference in by_name[name].input if not reference.startswith("^")]
    for index in range(len(nodes) - 1, -1, -1):
        if nodes[index].name not in needed and nodes[index].op != "Placeholder":
            del nodes[index]
    for node in nodes:
        node.input[:] = [reference for reference in node.input if not reference.startswith("^")]


def _arguments(node: Any) -> list[str]:
    """What a call gives to its functions; the condition of a branch is not one."""
    return list(node.input) if _loops(node.op) else list(node.input[1:])


def _loops(operator: str) -> bool:
    return operator.endswith("While")


def _node(reference: str) -> str:
    """The node's or argument's name in `name`, `name:0` or `name:output:0`."""
    return reference.split(":")[0]


def _constant(node: Any) -> bool:
    """Whether a node is a constant of few whole numbers or truth values: sizes, axes, permutations, choices."""
    if node.op != "Const":
        return False
    tensor = node.attr["value"].tensor
    dtype, shape = tf.as_dtype(tensor.dtype), tf.TensorShape(tensor.tensor_shape)
    return (dtype.is_integer or dtype.is_bool) and shape.num_elements() <= _SMALL


def _pass_on(node: Any) -> None:
    """Makes an identity of a placeholder's default, which tf2onnx would take for an input of the model."""
    node.op = "Identity"
    node.attr["T"].type = node.attr["dtype"].type
    for attribute in ("dtype", "shape"):
        node.attr.pop(attribute, None)


def _unchanged(body: Any) -> set[int]:
    """The positions of arguments that a loop's body gives back as they are."""
    nodes = {node.name: node for node in body.node_def}
    found = set()
    for index, (given, result) in enumerate(zip(body.signature.input_arg, body.signature.output_arg, strict=True)):
        source = _node(body.ret[result.name])
        while source in nodes and nodes[source].op == "Identity":
            source = _node(nodes[source].input[0])
        if source == given.name:
            found.add(index)
    return found


def _copy(function: Any, name: str, scope: str, given: Sequence[Any]) -> Any:
    """A function whose nodes and arguments have names of their own, and that reads constants instead of arguments.

    The arguments and results stay as many as they were.
    """
    copy = type(function)()
    copy.CopyFrom(function)
    _prune(copy.node_def, function.ret.values())
    copy.signature.name = f"{name}_{function.signature.name}"
    arguments = {argument.name: f"{name}_{argument.name}" for argument in function.signature.input_arg}
    values = dict(arguments)
    for argument, constant in zip(arguments, given, strict=True):
        if constant is not None:
            values[argument] = f"{scope}/{argument}:output:0"

    def renamed(reference: str, own: dict[str, str]) -> str:
        return own.get(reference) or f"{scope}/{reference}"

    for argument in copy.signature.input_arg:
        argument.name = arguments[argument.name]
    for node in copy.node_def:
        node.name = f"{scope}/{node.name}"
        node.input[:] = [renamed(reference, values) for reference in node.input]
        node.attr.pop("_class", None)
    for result, reference in function.ret.items():
        copy.ret[result] = renamed(reference, arguments)
    copy.control_ret.clear()
    del copy.signature.control_output[:]
    for argument, constant in zip(arguments, given, strict=True):
        if constant is not None:
            node = copy.node_def.add(name=f"{scope}/{argument}", op="Const")
            for attribute in ("dtype", "value"):
                node.attr[attribute].CopyFrom(constant.attr[attribute])
    return copy


def _shapes(operation: Any) -> list[Any]:
    """Of the arguments of a call's functions: a branch's as given, a loop's as they are in any step."""
    if not _loops(operation.type):
        return [tensor.shape for tensor in operation.inputs[1:]]
    return [result.shape for result in operation.outputs]
