"""What freezing and translating would make wrong: noise that is frozen, state, callbacks, resources."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import tensorflow as tf

from tfgen_export import advice
from tfgen_export.errors import UnsupportedOperator
from tfgen_export.source import find_place

__all__ = ["find_hazards"]

_STATEFUL = frozenset(
    {
        "Multinomial",
        "NonDeterministicInts",
        "ParameterizedTruncatedNormal",
        "RandomGamma",
        "RandomPoisson",
        "RandomPoissonV2",
        "RandomShuffle",
        "RandomStandardNormal",
        "RandomUniform",
        "RandomUniformInt",
        "RngReadAndSkip",
        "RngSkip",
        "StatefulRandomBinomial",
        "StatefulStandardNormal",
        "StatefulStandardNormalV2",
        "StatefulTruncatedNormal",
        "StatefulUniform",
        "StatefulUniformFullInt",
        "StatefulUniformInt",
        "TruncatedNormal",
    }
)
_ASSIGNMENTS = ("Assign", "ResourceScatter", "ResourceStridedSliceAssign")
_CALLBACKS = frozenset({"EagerPyFunc", "PyFunc", "PyFuncStateless"})
_TFP = "tensorflow_probability"
# What turns a seed into a key draws nothing.
_KEYS = frozenset({"StatelessRandomGetKeyCounter", "StatelessRandomGetKeyCounterAlg"})
# What takes a function, and how many inputs come before the function's arguments.
_CALLS = {"PartitionedCall": 0, "StatefulPartitionedCall": 0, "If": 1, "StatelessIf": 1, "Case": 1, "StatelessCase": 1}
_LOOPS = frozenset({"While", "StatelessWhile"})


def find_hazards(concrete: Any, arguments: int) -> list[UnsupportedOperator]:
    """Looks for what freezing would make wrong without a word, in all that the outputs depend on.

    TensorFlow folds a draw whose seed is a constant into the draw itself; tf2onnx turns draws from a generator with
    state into ONNX's, whose seed is an attribute. A callback or a table has no counterpart.

    Args:
        concrete: the traced function.
        arguments: how many of its inputs are arguments; the others are what it captures.

    Returns:
        Each operator with its place and what to use instead; branches, loop bodies and inner functions included.
    """
    graph, search = concrete.graph, _Search()
    search.run(graph, [index < arguments for index in range(len(graph.inputs))])
    variables = {id(variable.handle) for variable in graph.variables}
    for outside, inside in graph.captures:
        if outside.dtype in (tf.resource, tf.variant) and id(outside) not in variables:
            users = [user for user in inside.consumers() if user in search.needed]
            for user in users:
                search.found.setdefault(_key(user), _report(user, advice.RESOURCE))
    return list(search.found.values())


class _Search:
    """Follows what depends on the arguments through a graph and the functions that it calls."""

    def __init__(self) -> None:
        self.found: dict[Any, UnsupportedOperator] = {}
        self.needed: set[Any] = set()

    def run(self, graph: Any, varying: Sequence[bool]) -> list[bool]:
        """Which outputs depend on the arguments, where `varying` tells it of the graph's inputs."""
        depends = {id(tensor): varies for tensor, varies in zip(graph.inputs, varying, strict=True)}
        needed = _ancestors(graph.outputs)
        self.needed |= needed
        for operation in graph.get_operations():
            # What reads the variable afterwards does not depend on it by data.
            if operation.type.startswith(_ASSIGNMENTS):
                self.found.setdefault(_key(operation), _report(operation, advice.ASSIGNMENT))
            if operation not in needed:
                continue
            if any(tensor.dtype.base_dtype == tf.bfloat16 for tensor in (*operation.inputs, *operation.outputs)):
                self.found.setdefault(_key(operation), _report(operation, advice.BFLOAT16))
            inputs = [depends.get(id(tensor), False) for tensor in operation.inputs]
            outputs = [True] if _is_probe(operation) else self._through(graph, operation, inputs)
            depends.update(
                (id(tensor), varies or depends.get(id(tensor), False))
                for tensor, varies in zip(operation.outputs, outputs, strict=True)
            )
        return [depends.get(id(tensor), False) for tensor in graph.outputs]

    def _through(self, graph: Any, operation: Any, inputs: list[bool]) -> list[bool]:
        kind, count = operation.type, len(operation.outputs)
        if kind in _STATEFUL:
            self.found.setdefault(_key(operation), _report(operation, advice.STATEFUL))
            return [True] * count
        if kind in _CALLBACKS:
            self.found.setdefault(_key(operation), _report(operation, advice.CALLBACK))
        elif kind.startswith("Stateless") and kind not in _KEYS and _is_constant_draw(operation, inputs):
            self.found.setdefault(_key(operation), _report(operation, advice.CONSTANT_SEED))
        elif kind in _CALLS:
            first = _CALLS[kind]
            chosen = any(inputs[:first])
            results = [self.run(inner, inputs[first:]) for inner in _functions(graph, operation)]
            if results:
                # Once a gradient was taken through it, a traced function ends in more outputs than the call has.
                return [chosen or any(outputs) for outputs in zip(*(result[:count] for result in results), strict=True)]
        elif kind in _LOOPS:
            condition, body = (_function(graph, operation.node_def.attr[part].func) for part in ("cond", "body"))
            # What a step makes depend on the arguments does so in the next one: until nothing is added.
            while body is not None and condition is not None:
                again = [a or b for a, b in zip(inputs, self._quietly(body, inputs)[:count], strict=True)]
                if again == inputs:
                    steps = any(self.run(condition, inputs))  # how many there are
                    return [steps or varies for varies in self.run(body, inputs)[:count]]
                inputs = again
        return [any(inputs)] * count

    def _quietly(self, graph: Any, varying: Sequence[bool]) -> list[bool]:
        found = dict(self.found)
        outputs = self.run(graph, varying)
        self.found = found
        return outputs


def _is_constant_draw(operation: Any, inputs: Sequence[bool]) -> bool:
    arguments = [entry.name for entry in operation.op_def.input_arg]
    seeds = [varies for name, varies in zip(arguments, inputs, strict=False) if name in ("seed", "key", "counter")]
    return bool(seeds) and not any(seeds)


def _is_probe(operation: Any) -> bool:
    """Whether this is the seed with which TFP itself draws: tfd.Inflated to learn whether it has a density.

    What is drawn with it counts as if the seed were an input: it is no noise of the user's.
    """
    if operation.type != "Const":
        return False
    frames = list(operation.traceback or ())
    return any(
        called.name == "zeros_seed" and _TFP in called.filename and _TFP in caller.filename
        for caller, called in itertools.pairwise(frames)
    )


def _ancestors(tensors: Sequence[Any]) -> set[Any]:
    """The operations that tensors are computed from; what merely runs before them does not count."""
    waiting, seen = [tensor.op for tensor in tensors], set()
    while waiting:
        operation = waiting.pop()
        if operation not in seen:
            seen.add(operation)
            waiting.extend(tensor.op for tensor in operation.inputs)
    return seen


def _functions(graph: Any, operation: Any) -> Iterator[Any]:
    for attribute in operation.node_def.attr.values():
        for function in [attribute.func] if attribute.HasField("func") else attribute.list.func:
            if (inner := _function(graph, function)) is not None:
                yield inner


def _function(graph: Any, function: Any) -> Any | None:
    return getattr(graph._get_function(function.name), "graph", None)


def _key(operation: Any) -> tuple[str, str | None]:
    """A line that draws several times is reported once."""
    place = find_place(operation)
    return operation.type, place or operation.name


def _report(operation: Any, instead: str) -> UnsupportedOperator:
    return UnsupportedOperator(operation.type, operation.name, find_place(operation), instead)
