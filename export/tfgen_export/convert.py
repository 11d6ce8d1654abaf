"""A TensorFlow function to an ONNX model that is known to work."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
from tf2onnx import tf_loader, tfonnx

from tfgen_export import handlers
from tfgen_export.check import check_model
from tfgen_export.compare import compare, generate_inputs
from tfgen_export.errors import ConversionError, ConversionMismatch

__all__ = ["OPSET", "convert"]

OPSET = 18
"""Bitwise operators need 18, and tf2onnx 1.17 refuses 19."""

_BATCH_SIZES = (3, 7)

handlers.register()


def convert(
    function: Callable[..., Any],
    input_signature: Sequence[tf.TensorSpec],
    *,
    name: str | None = None,
    inputs: Callable[[int], Sequence[np.ndarray]] | None = None,
    rtol: float = 1e-4,
    atol: float = 1e-5,
) -> onnx.ModelProto:
    """Turns a TensorFlow or TFP function into an ONNX model, and tries it before it returns.

    The model holds standard-domain operators of opset 18 only. It passes ONNX's checker, ONNX Runtime loads it, and
    for two batch sizes its outputs agree with TensorFlow's: |onnx − tf| ≤ atol + rtol·|tf| everywhere, NaN and
    infinities in the same places.

    Args:
        function: of as many tensors as the signature has; returns a tensor, a tuple, or a dictionary by the names
            that the outputs shall have.
        input_signature: each with a name, which the model's input keeps; None dimensions stay dynamic.
        name: the graph's name; the function's own where it is None.
        inputs: from a batch size (for every None dimension) to arrays to compare on; standard normals and integers
            from 0 to 9 where it is None.
        rtol: the relative tolerance.
        atol: the absolute tolerance.

    Returns:
        The model. Its metadata hold `largest_difference`, max |onnx − tf| / max(1, |tf|) of what was compared.

    Raises:
        ConversionError: where the signature has no names, or outputs and inputs share one.
        UnsupportedOperators: where an operator has no translation; it names each, and where it arose.
        ConversionMismatch: where the outputs disagree.

    Example:
        >>> model = convert(lambda x: {"y": tf.math.log1p(x)}, [tf.TensorSpec([None], tf.float32, name="x")],
        ...                 inputs=lambda batch: [np.linspace(0, 1, batch, dtype="float32")])
        >>> [output.name for output in model.graph.output]
        ['y']
    """
    names = [spec.name for spec in input_signature]
    if None in names or len(set(names)) < len(names):
        raise ConversionError(f"`input_signature` must give each input a name of its own. Received: {names}")
    concrete = tf.function(function, autograph=False).get_concrete_function(*input_signature)
    output_names = _output_names(concrete.structured_outputs)
    if set(output_names) & set(names):
        raise ConversionError(f"Inputs and outputs must not share a name. Received: {names} and {output_names}")
    model = _translate(concrete, names, output_names)
    model.graph.name = name or getattr(function, "__name__", "function")
    session = check_model(model, concrete.graph)
    make = inputs or (lambda batch: generate_inputs(input_signature, batch))
    largest = 0.0
    for batch in _BATCH_SIZES:
        for difference in compare(session, concrete, make(batch), output_names, rtol=rtol, atol=atol):
            if not difference.within:
                raise ConversionMismatch(f"ONNX Runtime disagrees with TensorFlow: {difference}")
            largest = max(largest, difference.relative)
    model.metadata_props.add(key="largest_difference", value=repr(largest))
    return model


def _output_names(structured: Any) -> list[str]:
    """Names in the order in which TensorFlow flattens the outputs."""
    if isinstance(structured, dict):
        return sorted(structured)
    count = len(tf.nest.flatten(structured))
    return ["output"] if count == 1 else [f"output_{index}" for index in range(count)]


def _translate(concrete: Any, input_names: list[str], output_names: list[str]) -> onnx.ModelProto:
    tensors_in = [tensor.name for tensor in concrete.inputs if tensor.dtype != tf.resource]
    tensors_out = [tensor.name for tensor in concrete.outputs]
    renamed = dict(zip(tensors_in, input_names, strict=True)) | dict(zip(tensors_out, output_names, strict=True))
    with _quiet(), tf.device("/cpu:0"):
        frozen = tf_loader.from_function(concrete, tensors_in, tensors_out)
        with tf.Graph().as_default() as graph:
            tf.import_graph_def(frozen, name="")
            # tf2onnx's own entry point continues on errors and returns an invalid graph.
            onnx_graph = tfonnx.process_tf_graph(
                graph,
                continue_on_error=False,
                opset=OPSET,
                input_names=tensors_in,
                output_names=tensors_out,
                tensors_to_rename=renamed,
            )
            onnx_graph = tf2onnx.optimizer.optimize_graph(onnx_graph, catch_errors=False)
            return onnx_graph.make_model("tfgen_export")


@contextmanager
def _quiet() -> Iterator[None]:
    """Hides tf2onnx's log: what it complains of is raised as an error instead."""
    loggers = [logging.getLogger(name) for name in logging.root.manager.loggerDict if name.startswith("tf2onnx")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
