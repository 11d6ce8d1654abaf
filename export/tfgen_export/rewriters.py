"""Groups of TensorFlow operators for which ONNX has one."""

from typing import Any

import numpy as np
from tf2onnx import utils

from tfgen_export.complex_numbers import rewrite_complex

__all__ = ["REWRITERS"]

_REAL = (np.dtype(np.float32), np.dtype(np.float64))


def rewrite_logsumexp(graph: Any, nodes: list[Any]) -> list[Any]:
    """`tf.reduce_logsumexp`, ten operators, becomes ReduceLogSumExp, which subtracts the maximum alike.

    It is in the density of each mixture and in each step of a hidden Markov model. ONNX Runtime takes half the time for
    the one node, to the same infinities and NaN, but that of NaN beside +∞ it makes +∞ where TensorFlow makes NaN.

    Args:
        graph: tf2onnx's, before any operator is translated.
        nodes: its nodes.

    Returns:
        The nodes as they are afterwards.
    """
    for node in list(nodes):  # which is tf2onnx's own, and changes
        if node.type in ("Add", "AddV2"):
            found = _match(graph, node)
            if found is not None:
                values, axes, keepdims = found
                _replace(graph, node, values, axes, keepdims)
    return graph.get_nodes()


def _match(graph: Any, node: Any) -> tuple[str, list[int], bool] | None:
    """What is reduced, over which axes, and whether they stay, where `node` is the last of the ten operators."""
    logarithm, shift = node.inputs
    total = _through(logarithm, "Log", "Sum")
    difference = _through(total and total.inputs[0], "Exp", "Sub")
    if total is None or difference is None:
        return None
    largest = _skip(difference.inputs[1], "StopGradient", "Identity")
    # Inside a loop, what comes from outside has no node here.
    if largest is None or largest.type != "SelectV2" or None in largest.inputs[:2]:
        return None
    finite, maximum = largest.inputs[:2]
    if finite.type != "IsFinite":
        return None
    if maximum.type != "Max" or maximum.input[0] != difference.input[0] or finite.input[0] != largest.input[1]:
        return None
    if _skip(shift, "Reshape", "StopGradient", "Identity") is not largest:
        return None
    if not maximum.get_attr_value("keep_dims") or graph.get_dtype(difference.input[0]) is None:
        return None
    dtype = np.dtype(utils.map_onnx_to_numpy_type(graph.get_dtype(difference.input[0])))
    axes = [reduction.inputs[1] for reduction in (total, maximum)]
    if dtype not in _REAL or not all(axis is not None and axis.is_const() for axis in axes):
        return None
    chosen = [np.atleast_1d(axis.get_tensor_value(as_list=False)).tolist() for axis in axes]
    if chosen[0] != chosen[1] or not chosen[0]:
        return None
    return difference.input[0], chosen[0], bool(total.get_attr_value("keep_dims"))


def _through(node: Any, outer: str, inner: str) -> Any:
    """The node of type `inner` that a node of type `outer` takes; None where it is otherwise."""
    if node is None or node.type != outer or node.inputs[0] is None or node.inputs[0].type != inner:
        return None
    return node.inputs[0]


def _skip(node: Any, *kinds: str) -> Any:
    while node is not None and node.type in kinds:
        node = node.inputs[0]
    return node


def _replace(graph: Any, node: Any, values: str, axes: list[int], keepdims: bool) -> None:
    shape, dtype, output = node.output_shapes, node.output_dtypes, node.output
    graph.remove_node(node.name)
    axis = graph.make_const(utils.make_name("axes"), np.array(axes, np.int64)).output[0]
    graph.make_node(
        "ReduceLogSumExp", [values, axis], {"keepdims": int(keepdims)}, outputs=output, shapes=shape, dtypes=dtype
    )


REWRITERS = (rewrite_complex, rewrite_logsumexp)
"""All of them, as tf2onnx calls them."""
