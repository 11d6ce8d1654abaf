"""Whether an ONNX model is one that any runtime accepts."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import onnx
import onnxruntime

from tfgen_export.advice import advice
from tfgen_export.errors import ConversionError, UnsupportedOperator, UnsupportedOperators
from tfgen_export.freeze import is_large
from tfgen_export.save import save, weight_bytes
from tfgen_export.source import find_source

__all__ = ["check_operators", "open_session"]


def check_operators(model: onnx.ModelProto, traced: Any) -> None:
    """Refuses a model with an operator that is none of ONNX's own, and removes imports of other operator sets.

    Args:
        model: the model.
        traced: the TensorFlow graph that it came from, for the places where operators arose.

    Raises:
        UnsupportedOperators: where a node is none of ONNX's standard operators.
    """
    # The table of imports also names domains that tf2onnx declares and nothing uses.
    standard = [entry for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    del model.opset_import[:]
    model.opset_import.extend(standard)
    opset = standard[0].version
    unsupported = [
        UnsupportedOperator(node.op_type, node.name, find_source(node.op_type, node.name, traced), advice(node.op_type))
        for node in _nodes(model.graph)
        if node.domain not in ("", "ai.onnx") or not onnx.defs.has(node.op_type, opset, "")
    ]
    if unsupported:
        raise UnsupportedOperators(unsupported)


def open_session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    """Checks that a model is valid, and loads it.

    Args:
        model: the model.

    Returns:
        An ONNX Runtime session of it on the CPU.

    Raises:
        ConversionError: where the checker or ONNX Runtime refuses the model, with what they said.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what it would print, it raises too
    try:
        with _serialized(model) as source:
            onnx.checker.check_model(source, full_check=True)
            return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # both libraries raise kinds of their own, from C++
        raise ConversionError(f"The translated model is refused: {error}") from error


@contextmanager
def _serialized(model: onnx.ModelProto) -> Iterator[bytes | str]:
    """A model's bytes, or the path of a file that has it where its weights are too large for bytes."""
    if not is_large(weight_bytes(model)):
        yield model.SerializeToString()
        return
    with tempfile.TemporaryDirectory() as folder:
        save(model, Path(folder) / "model.onnx")
        yield str(Path(folder) / "model.onnx")


def _nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """Every node, those of branches and loop bodies included."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from _nodes(attribute.g)
