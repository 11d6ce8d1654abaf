"""What a loop of TensorFlow does with its state."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from onnx import TensorProto
from tf2onnx.tf_loader import find_function

from tfgen_export.handlers.lists import maker, origin

__all__ = ["LoopStructure", "number_or_name"]

_WHOLE = (TensorProto.INT32, TensorProto.INT64)


class LoopStructure:
    """A loop's parts, whose arguments and results are known by their positions.

    Args:
        context: the graph that the loop is in.
        node: the loop.

    Attributes:
        condition: the graph of what decides on another step.
        body: the graph of a step.
        given: the names of what the loop is entered with, in `context`.
        tested: those of the condition's arguments.
        arguments: those of the body's.
        results: those of the body's results, past identities.
        fixed: the positions of what the body leaves as it is.
    """

    def __init__(self, context: Any, node: Any) -> None:
        self.context = context
        self.condition = find_function(node.get_attr_str("cond"))
        self.body = find_function(node.get_attr_str("body"))
        self.given = list(node.input)
        self.tested = list(self.condition.input_names)
        self.arguments = list(self.body.input_names)
        self.results = [origin(self.body, name) for name in self.body.outputs]
        self.fixed = {p for p in self.positions if self.results[p] == self.arguments[p]}

    @property
    def positions(self) -> range:
        """All positions."""
        return range(len(self.given))

    def find_writes(self) -> dict[int, Any]:
        """The nodes that write one tensor a step into a list that is not read in the loop."""
        return {p: write for p in self.positions if (write := self._single_write(p)) is not None}

    def find_limits(self) -> list[tuple[int | str, int]] | None:
        """What counters stay below, a number or a name in `context`, and begin with, if that is the condition.

        None where the condition is another.
        """
        limits: list[tuple[int | str, int]] = []
        pending = [self.condition.outputs[0]]
        while pending:
            node = maker(self.condition, pending.pop())
            if node is not None and node.type == "And":
                pending += node.input
                continue
            if node is None or node.type != "Less":
                return None
            counter, limit = number_or_name(self.condition, node.input[0]), self._outside(node.input[1])
            start = self.find_start(self.tested.index(counter)) if counter in self.tested else None
            if start is None or limit is None:
                return None
            limits.append((limit, start))
        return limits

    def find_start(self, position: int) -> int | None:
        """The constant with which a state begins that grows by 1 in each step; None for any other state."""
        start, step = number_or_name(self.context, self.given[position]), maker(self.body, self.results[position])
        if not isinstance(start, int) or step is None or step.type != "Add":
            return None
        added = [number_or_name(self.body, name) for name in step.input]
        return start if added in ([self.arguments[position], 1], [1, self.arguments[position]]) else None

    def find_live(self, roots: Iterable[int], written: dict[int, list[str]]) -> list[int]:
        """The positions that others depend on.

        Args:
            roots: those that are needed anyway.
            written: by the position of a list, the tensors that a step writes into it.
        """
        live, pending = set(), list(roots)
        while pending:
            position = pending.pop()
            if position not in live:
                live.add(position)
                names = written.get(position, [self.results[position]])
                pending += [self.arguments.index(name) for name in _arguments_behind(self.body, names)]
        return sorted(live)

    def tested_positions(self) -> list[int]:
        """The positions that the condition depends on."""
        return [self.tested.index(name) for name in _arguments_behind(self.condition, self.condition.outputs)]

    def _single_write(self, position: int) -> Any:
        argument, result = self.arguments[position], self.results[position]
        write = maker(self.body, result)
        if write is None or write.type != "TensorListSetItem":
            return None
        alone = (
            origin(self.body, write.input[0]) == argument
            and _users(self.body, argument) == [write]
            and not _users(self.body, result)
            and not _users(self.condition, self.tested[position])
            and self.results.count(result) == 1
            and argument not in self.results
        )
        return write if alone else None

    def _outside(self, name: str) -> int | str | None:
        """A whole number that the condition compares with, if it is the same in each step: itself, or its name."""
        bound = number_or_name(self.condition, name)
        if bound in self.tested:
            position = self.tested.index(bound)
            same = position in self.fixed and self.context.get_dtype(self.given[position]) in _WHOLE
            return number_or_name(self.context, self.given[position]) if same else None
        return bound if isinstance(bound, int) else None


def _arguments_behind(graph: Any, names: Iterable[str]) -> set[str]:
    """The arguments of a function that some of its tensors depend on."""
    pending, seen, found = list(names), set(), set()
    while pending:
        name = pending.pop()
        node = graph.get_node_by_output(name, search_in_parent_graphs=False)
        if node is None or node.name in seen:
            continue
        seen.add(node.name)
        if node.is_graph_input():
            found.add(node.output[0])
        pending += [*node.input, *node.get_implicit_inputs()]
    return found


def _users(graph: Any, name: str) -> list[Any]:
    """The nodes that take a tensor, itself or by way of identities, in this graph or in one within."""
    found, pending = [], [name]
    while pending:
        for user in graph.find_output_consumers(pending.pop()):
            if user.type == "Identity" and user.graph is graph:
                pending.append(user.output[0])
            else:
                found.append(user)
    return found


def number_or_name(graph: Any, name: str) -> int | str:
    """A tensor past identities and casts of whole numbers to int64; itself where it is one whole number."""
    node = maker(graph, name)
    while node is not None and node.type == "Cast" and graph.get_dtype(node.input[0]) in _WHOLE:
        name = node.input[0]
        node = maker(graph, name)
    name = origin(graph, name)
    node = graph.get_node_by_output(name)
    value = node.get_tensor_value(as_list=False) if node is not None and node.is_const() else None
    whole = value is not None and value.shape == () and np.issubdtype(value.dtype, np.integer)
    return int(value) if value is not None and whole else name
