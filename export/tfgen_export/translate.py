"""A traced TensorFlow function through tf2onnx."""

import logging
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import tensorflow as tf
from tf2onnx import optimizer, tfonnx

from tfgen_export import handlers
from tfgen_export.advice import advice
from tfgen_export.errors import ConversionError, UnsupportedOperator, UnsupportedOperators
from tfgen_export.freeze import freeze
from tfgen_export.functions import resolving, separate
from tfgen_export.optimizers import exact_optimizers
from tfgen_export.quiet import quiet
from tfgen_export.rewriters import REWRITERS
from tfgen_export.source import find_source
from tfgen_export.variants import choose_cpu

__all__ = ["OPSET", "translate"]

OPSET = 18
"""Bitwise operators need 18, and tf2onnx 1.17 refuses 19."""

handlers.register()


def translate(
    concrete: Any, input_names: Sequence[str], output_names: Sequence[str]
) -> tuple[onnx.ModelProto, dict[str, np.ndarray]]:
    """Translates a concrete function, whose variables and captured tensors become constants.

    Operators without a translation may stay in the model: see `check_operators`.

    Args:
        concrete: the traced function.
        input_names: what the model's inputs shall be called, in the order of the function's arguments.
        output_names: what its outputs shall be called, in the order in which TensorFlow flattens them.

    Returns:
        The model, not checked; and the weights that are too large to be in it, by the names of the inputs that stand
        for them (see `attach`).

    Raises:
        UnsupportedOperators: where tf2onnx comes to grief after it met operators that it does not know.
        ConversionError: where it fails otherwise, or a handler refuses a node; it names the node.
    """
    # After the arguments come the captured tensors and variables.
    tensors_in = [tensor.name for tensor in concrete.inputs[: len(input_names)]]
    tensors_out = [tensor.name for tensor in concrete.outputs]
    renamed = dict(zip(tensors_in, input_names, strict=True)) | dict(zip(tensors_out, output_names, strict=True))
    with quiet() as errors, tf.device("/cpu:0"):
        try:
            frozen = freeze(choose_cpu(concrete), tensors_in, tensors_out)
            names_in = [*tensors_in, *frozen.weights]
            with tf.Graph().as_default() as graph, resolving():
                tf.import_graph_def(separate(frozen.graph, tensors_out), name="")
                onnx_graph = _process(graph, names_in, tensors_out, renamed)
                try:
                    exact = exact_optimizers()
                    onnx_graph = optimizer.optimize_graph(onnx_graph, catch_errors=False, optimizers=exact)
                except Exception:  # an optimiser's fault shall not be the function's
                    onnx_graph = _process(graph, names_in, tensors_out, renamed)
                return onnx_graph.make_model("tfgen_export"), frozen.weights
        except ConversionError:
            raise
        except Exception as error:  # tf2onnx raises whatever its handlers run into
            raise _explain(error, errors, concrete.graph) from error


def _process(graph: Any, names_in: list[str], names_out: list[str], renamed: dict[str, str]) -> Any:
    # tf2onnx's own entry point continues on errors and returns an invalid graph.
    return tfonnx.process_tf_graph(
        graph,
        continue_on_error=False,
        opset=OPSET,
        input_names=names_in,
        output_names=names_out,
        tensors_to_rename=renamed,
        custom_rewriter=list(REWRITERS),
    )


def _explain(error: Exception, records: list[logging.LogRecord], traced: Any) -> ConversionError:
    """What tf2onnx logged says more than what it raised."""
    unknown, failed = [], ""
    for record in records:
        match record.msg, record.args:
            case "Tensorflow op [%s: %s] is not supported", (str(node), str(operator)):
                source = find_source(operator, node, traced)
                unknown.append(UnsupportedOperator(operator, node, source, advice(operator)))
            case str(message), (str(node), _, str(summary)) if (
                message.startswith("Failed to convert node") and not failed
            ):
                kind = re.search(r"OP=(\w+)", summary)
                source = kind and find_source(kind[1], node, traced)
                failed = (
                    f" of node {node!r}" + (f", {kind[1]}" if kind else "") + (f", from {source}" if source else "")
                )
    if unknown:
        return UnsupportedOperators(unknown)
    return ConversionError(f"The translation{failed} fails: {type(error).__name__}: {error}")
