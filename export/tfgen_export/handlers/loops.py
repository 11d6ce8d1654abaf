"""Loops: `tf.while_loop`, which `tf.scan`, `tf.map_fn` and `tf.foldl` are made of."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto
from tf2onnx.handler import tf_op
from tf2onnx.onnx_opset.controlflow import inline_subgraph
from tf2onnx.utils import make_name

from tfgen_export.handlers.branches import agree, capture
from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.lists import element_shape, make_dense, maker, origin, replace, set_type, settle
from tfgen_export.handlers.loop_structure import LoopStructure, number_or_name
from tfgen_export.handlers.value import Value

__all__ = ["While"]


@tf_op(["While", "StatelessWhile"])
class While:
    """A loop, as ONNX's Loop: its state may be of another shape in each step.

    What the body leaves as it is is no state, but taken from outside; what neither the condition nor a result needs
    is left out, and so is a condition that only counts steps. A list that each step writes one tensor into, and none
    reads, is collected and put in order after the loop, so that `tf.scan` and `tf.map_fn` take a time proportional to
    their length; any other list is copied by each step.
    """

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        loop, b = LoopStructure(context, node), Builder(context, node)
        limits = loop.find_limits()
        collections = {p: _collect(loop, write, p, limits) for p, write in loop.find_writes().items()}
        _type_lists(loop, node, collections)

        needed = [
            p for p, name in enumerate(node.output) if context.find_output_consumers(name) or name in context.outputs
        ]
        roots = needed if limits else [*needed, *loop.tested_positions()]
        live = loop.find_live(roots, {p: entry.names for p, entry in collections.items()})
        states = [p for p in live if p not in loop.fixed and p not in collections]
        collections = {p: entry for p, entry in collections.items() if p in live}
        names = [name for entry in collections.values() for name in entry.names]
        results = iter(_make(loop, b, limits, states, names))

        found = {p: Value(b, loop.given[p]) for p in loop.fixed} | {p: next(results) for p in states}
        for p, entry in collections.items():
            found[p] = _put_in_order(b, entry, *(next(results) for _ in entry.names))
        outputs, shapes, dtypes = node.output, node.output_shapes, node.output_dtypes
        context.remove_node(node.name)
        for p in needed:
            context.make_node("Identity", [found[p].name], outputs=[outputs[p]], shapes=[shapes[p]], dtypes=[dtypes[p]])


@dataclasses.dataclass(frozen=True)
class _Collection:
    """A list that each step writes one tensor into.

    Attributes:
        names: the tensor in the body; where the order is not that of the steps, its place in the list too.
        given: the list before the loop, in the graph around it.
        count: how many tensors it has, if none has been written; None otherwise.
        full: whether the steps are as many.
        growing: whether the list may become longer.
    """

    names: list[str]
    given: str
    count: str | None
    full: bool
    growing: bool


def _collect(loop: LoopStructure, write: Any, position: int, limits: list[tuple[int | str, int]] | None) -> _Collection:
    """Lets the tensor that is written stand for the list in the body."""
    body, before = loop.body, maker(loop.context, loop.given[position])
    index, item = write.input[1:]
    place = origin(body, index)
    fresh = before is not None and before.type == "TensorListReserve"
    ordered = fresh and place in loop.arguments and loop.find_start(loop.arguments.index(place)) == 0
    shape, known = body.get_shape(item), element_shape(before) if fresh else None
    write.type = "Identity"
    body.replace_inputs(write, [item])
    # Where no step is taken, ONNX Runtime takes the sizes from here.
    set_type(body, write.output[0], body.get_dtype(item), known if shape is None or -1 in shape else shape)
    return _Collection(
        names=[write.output[0]] if ordered else [write.output[0], index],
        given=loop.given[position],
        count=before.input[1] if ordered else None,
        full=ordered and set(limits or ()) == {(number_or_name(loop.context, before.input[1]), 0)},
        growing=bool(write.get_attr_value("resize_if_index_out_of_bounds", 0)),
    )


def _type_lists(loop: LoopStructure, node: Any, collections: dict[int, _Collection]) -> None:
    """Gives the lists among the states a tensor to begin with, and its type wherever they are known by a name."""
    for p in loop.positions:
        if p in collections:
            dtype = loop.body.get_dtype(collections[p].names[0])
            set_type(loop.context, node.output[p], dtype)
            if len(collections[p].names) > 1:
                make_dense(loop.context, loop.given[p])
                agree([(loop.context, node.output[p]), (loop.context, loop.given[p])])
        else:
            make_dense(loop.context, loop.given[p])
    settle(loop.body)
    for p in loop.positions:
        if p not in collections:
            inside = [
                (loop.body, loop.arguments[p]),
                (loop.body, loop.body.outputs[p]),
                (loop.condition, loop.tested[p]),
            ]
            agree([(loop.context, loop.given[p]), (loop.context, node.output[p]), *inside])


def _make(
    loop: LoopStructure,
    b: Builder,
    limits: list[tuple[int | str, int]] | None,
    states: Sequence[int],
    collected: Sequence[str],
) -> list[Value]:
    """The Loop: gives the states after it, and all values of what is collected."""
    context, body = loop.context, loop.body
    body.parent_graph = context
    before = body.make_node("Placeholder", [], outputs=[make_name("before")], dtypes=[TensorProto.BOOL], shapes=[[]])
    step = body.make_node("Placeholder", [], outputs=[make_name("step")], dtypes=[TensorProto.INT64], shapes=[[]])
    if limits is None:
        count, start = "", _test(loop, context, loop.given)
        after = [loop.given[p] if p in loop.fixed else loop.results[p] for p in loop.positions]
        going = _test(loop, body, after)
    else:
        count, start, going = _least(b, limits).name, b.constant(True, np.bool_).name, before.output[0]
    inputs = [body.get_node_by_output(loop.arguments[p]) for p in states]
    capture(body, {loop.arguments[p]: loop.given[p] for p in loop.fixed})
    body.inputs = [step, before, *inputs]
    # An output that is an input, or another output, or a value from outside, needs a node of its own.
    body.outputs = [
        body.make_node("Identity", [name], shapes=[body.get_shape(name)], dtypes=[body.get_dtype(name)]).output[0]
        for name in [going, *(loop.results[p] for p in states), *collected]
    ]
    body.delete_unused_nodes(body.outputs)
    for node in list(body.get_nodes()):
        if node.is_graph_input() and node not in body.inputs:
            body.remove_node(node.name)
    shapes = [body.get_shape(node.output[0]) for node in inputs]
    for name in body.outputs[1 + len(states) :]:
        shape = body.get_shape(name)
        shapes.append(None if shape is None else [-1, *shape])
    dtypes = [body.get_dtype(name) for name in body.outputs[1:]]
    made = context.make_node(
        "Loop",
        [count, start, *(loop.given[p] for p in states)],
        output_count=len(dtypes),
        shapes=shapes,
        dtypes=dtypes,
        branches={"body": body},
    )
    return [Value(b, name) for name in made.output]


def _test(loop: LoopStructure, graph: Any, state: Sequence[str]) -> str:
    """Whether to take a step from a state, in a graph that has it."""
    values = {loop.tested[p]: state[p] for p in loop.tested_positions()}
    return inline_subgraph(graph, loop.condition, make_name("condition"), values)[0]


def _least(b: Builder, limits: Sequence[tuple[int | str, int]]) -> Value:
    """The number of steps that counters with these limits allow."""
    known = [limit - start for limit, start in limits if isinstance(limit, int)]
    values = [b.constant(min(known), np.int64)] if known else []
    for limit, start in sorted({(limit, start) for limit, start in limits if isinstance(limit, str)}):
        steps = b("Reshape", Value(b, limit).cast(np.int64), b.constant([], np.int64))
        values.append(steps - start if start else steps)
    return values[0] if len(values) == 1 else b("Min", *values)


def _put_in_order(b: Builder, entry: _Collection, items: Value, places: Value | None = None) -> Value:
    """The list after the loop: what no step wrote is as it was before."""
    if places is not None:
        before, places = Value(b, entry.given), b("Reshape", places.cast(np.int64), b.integers(-1))
        # Where no step was taken, ONNX Runtime has zeros for the sizes that it does not know.
        sizes = b("Max", b.sizes(items, 1), b.sizes(before, 1))
        items = b("Reshape", items, b("Concat", b("Shape", places), sizes, axis=0), allowzero=1)
        return replace(b, before, places, items, entry.growing)
    if entry.full:
        return items
    count = b("Reshape", Value(b, entry.count or "").cast(np.int64), b.integers(1))
    lacking = b("Max", count - b.sizes(items, 0, 1), b.integers(0))
    rest = b.zeros(b("Concat", lacking, b.sizes(items, 1), axis=0), items.dtype)
    return b("Concat", items, rest, axis=0)
