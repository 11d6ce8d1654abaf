"""TensorFlow's lists of tensors, which a `tf.TensorArray` is made of, as one tensor whose first axis is the list's.

A list of n tensors of shape s is a tensor of shape [n, *s]. Where s is not known when the list is made, a tensor of
shape [n, 0] stands for it, until the first tensor that is written fills it with zeros of its own shape.

What a loop's body writes into a list that comes from outside is left to the loop, which knows a faster way if each
step writes once (see `loops`).
"""

from typing import Any

import numpy as np
from onnx import TensorProto
from tf2onnx import utils
from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.value import Value

__all__ = ["element_shape", "make_dense", "maker", "origin", "replace", "set_type", "settle"]


def origin(graph: Any, name: str) -> str:
    """The tensor that a tensor is, past identities, as far as it comes from this graph and not from one around it."""
    node = graph.get_node_by_output(name, search_in_parent_graphs=False)
    while node is not None and node.type == "Identity":
        name = node.input[0]
        node = graph.get_node_by_output(name, search_in_parent_graphs=False)
    return name


def maker(graph: Any, name: str) -> Any:
    """The node that a tensor comes from, past identities; None where it comes from a graph around this one."""
    return graph.get_node_by_output(origin(graph, name), search_in_parent_graphs=False)


def set_type(graph: Any, name: str, dtype: int, shape: list[int] | None = None) -> None:
    """Gives a list, which has no type of its own, that of its tensor: at its origin, and in all identities of it."""
    pending = [origin(graph, name)]
    while pending:
        name = pending.pop()
        graph.set_dtype(name, dtype)
        graph.set_shape(name, shape)
        users = graph.find_output_consumers(name)
        pending += [user.output[0] for user in users if user.type == "Identity" and user.graph is graph]


def element_shape(reserved: Any) -> list[int] | None:
    """What a list that is made says of its tensors: −1 where a size is not known, None where the rank is not."""
    given = reserved.inputs[0]
    if given is None or not given.is_const():
        return None
    sizes = np.asarray(given.get_tensor_value(as_list=False))
    return None if sizes.ndim == 0 else [int(size) for size in sizes]


def make_dense(graph: Any, name: str) -> None:
    """Makes the tensor of a list that has been announced only; any other stays as it is."""
    node = maker(graph, name)
    if node is None or node.type != "TensorListReserve":
        return
    dtype = node.get_attr_value("element_dtype")
    sizes = element_shape(node)
    known = sizes is not None and min(sizes, default=0) >= 0
    b = Builder(graph, node)
    count = b("Reshape", b.inputs[1].cast(np.int64), b.integers(1))
    made = b.zeros(
        b("Concat", count, b.integers(*(sizes if known and sizes is not None else [0])), axis=0), _numpy(dtype)
    )
    set_type(graph, node.output[0], dtype, [-1, *sizes] if known and sizes is not None else None)
    b.finish(made)


def settle(graph: Any) -> None:
    """Translates what has been left to a loop or branch: its function writes into lists that come from outside."""
    graph.topological_sort(graph.get_nodes())
    for node in list(graph.get_nodes()):
        if node.type == "TensorListSetItem":
            _write(graph, node)


def _numpy(dtype: int) -> np.dtype:
    return np.dtype(utils.map_onnx_to_numpy_type(dtype))


def replace(b: Builder, written: Value, indices: Value, items: Value, growing: bool) -> Value:
    """Some tensors of a list replaced, which is filled first where it stands for more than it has, or has to grow.

    Args:
        b: the builder.
        written: the list.
        indices: a vector of whole numbers.
        items: as many tensors.
        growing: whether an index may be beyond the end.
    """
    if growing or written.shape is None:
        count = b.sizes(written, 0, 1)
        if growing:
            count = b("Max", count, b("ReduceMax", b("Concat", b.integers(-1), indices, axis=0)) + 1)
        sizes = b("Concat", count, b.sizes(items, 1), axis=0)
        flat = b("Reshape", written, b.integers(-1))
        lacking = b("ReduceProd", sizes) - b("Shape", flat)
        written = b("Reshape", b("Concat", flat, b.zeros(lacking, items.dtype), axis=0), sizes)
    return b("ScatterND", written, b("Unsqueeze", indices, b.integers(-1)), items)


def _write(graph: Any, node: Any) -> None:
    """One tensor of a list replaced."""
    b, written = _begin(graph, node)
    index = b("Reshape", b.inputs[1].cast(np.int64), b.integers(1))
    growing = bool(node.get_attr_value("resize_if_index_out_of_bounds", 0))
    _finish(b, replace(b, written, index, b("Unsqueeze", b.inputs[2], b.integers(0)), growing))


def _finish(b: Builder, made: Value, shape: list[int] | None = None) -> None:
    set_type(b.context, b.node.output[0], b.context.get_dtype(made.name), shape)
    b.finish(made)


def _begin(context: Any, node: Any) -> tuple[Builder, Value]:
    """A builder, and the node's list as a tensor."""
    make_dense(context, node.input[0])
    dtype = node.get_attr_value("element_dtype")
    if dtype and context.get_dtype(node.input[0]) == TensorProto.UNDEFINED:
        set_type(context, node.input[0], dtype)
    b = Builder(context, node)
    return b, b.inputs[0]


@tf_op("TensorListReserve")
class TensorListReserve:
    """A list of so many tensors, none of them written yet; its reader or writer makes it (`make_dense`)."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""


@tf_op("TensorListSetItem")
class TensorListSetItem:
    """A list with one tensor replaced, which may be beyond its end if the list may grow."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        before = maker(context, node.input[0])
        outside = before.is_graph_input() and context.get_dtype(before.output[0]) == TensorProto.UNDEFINED
        if not outside and before.type != "TensorListSetItem":
            _write(context, node)


@tf_op("TensorListFromTensor")
class TensorListFromTensor:
    """A tensor as a list."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        _finish(b, b.inputs[0], b.inputs[0].shape)


@tf_op(["TensorListGetItem", "TensorListGather"])
class TensorListGather:
    """One or some tensors of a list; one that has not been written is zero."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b, given = _begin(context, node)
        b.finish(b("Gather", given, b.inputs[1], axis=0))


@tf_op("TensorListStack")
class TensorListStack:
    """A list as a tensor."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b, given = _begin(context, node)
        b.finish(given)


@tf_op("TensorListConcatV2")
class TensorListConcatV2:
    """A list's tensors one after the other, and how long each is: here all are of the same length."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b, given = _begin(context, node)
        joined = b("Reshape", given, b("Concat", b.integers(-1), b.sizes(given, 2), axis=0))
        b.finish(joined, b("Expand", b.sizes(given, 1, 2), b.sizes(given, 0, 1)))


@tf_op("TensorListLength")
class TensorListLength:
    """How many tensors a list has."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b, made = Builder(context, node), maker(context, node.input[0])
        announced = made is not None and made.type == "TensorListReserve"
        count = Value(b, made.input[1]) if announced else b.sizes(b.inputs[0], 0, 1)
        b.finish(b("Reshape", count.cast(np.int32), b.constant([], np.int64)))


@tf_op("TensorListScatterIntoExistingList")
class TensorListScatterIntoExistingList:
    """A list with some tensors replaced, which may be beyond its end."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b, written = _begin(context, node)
        _finish(b, replace(b, written, b.inputs[2].cast(np.int64), b.inputs[1], growing=True))


@tf_op("EmptyTensorList")
class EmptyTensorList:
    """A list that grows: the gradient of a loop remembers in such what the loop went through."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        _finish(b, b.zeros(b.integers(0, 0), _numpy(node.get_attr_value("element_dtype"))))


@tf_op("TensorListPushBack")
class TensorListPushBack:
    """A list with one more tensor at its end."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b, written = _begin(context, node)
        end = b.sizes(written, 0, 1)
        _finish(b, replace(b, written, end, b("Unsqueeze", b.inputs[1], b.integers(0)), growing=True))


@tf_op("TensorListPopBack")
class TensorListPopBack:
    """A list without its last tensor, and that tensor."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b, given = _begin(context, node)
        set_type(context, node.output[0], context.get_dtype(given.name))
        rest = b("Slice", given, b.integers(0), b.integers(-1), b.integers(0))
        b.finish(rest, b("Gather", given, b.constant(-1, np.int64), axis=0))


@tf_op("TensorListElementShape")
class TensorListElementShape:
    """The shape of a list's tensors."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b.sizes(b.inputs[0], 1).cast(b.dtype_of(node.output[0])))
