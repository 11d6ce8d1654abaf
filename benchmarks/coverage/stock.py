"""A case by tf2onnx as it is published."""

import logging
import sys
from typing import Any

import numpy as np
import onnx
import onnxruntime
import tf2onnx

from benchmarks.coverage.case import Case
from benchmarks.coverage.outcome import Outcome
from benchmarks.coverage.reference import Reference, first_line, refer

__all__ = ["try_stock"]

_OPSETS = (15, 18)
"""Its default, and the newest that it takes."""


def try_stock(case: Case) -> Outcome:
    """Converts, checks, loads and compares, by the default opset and by the newest; one that passes is enough.

    Raises:
        RuntimeError: where the translations of `tfgen_export` are in this process.
    """
    if "tfgen_export" in sys.modules:
        raise RuntimeError("stock tf2onnx must be tried in a process that never imports tfgen_export")
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    reference = refer(case)
    if reference.problem:
        return Outcome.untried(reference.problem)
    reasons = []
    for opset in _OPSETS:
        try:
            return Outcome.passed(difference=_try(case, reference, opset))
        except _MissError as error:
            reasons.append(str(error))
        except Exception as error:  # tf2onnx raises whatever its handlers run into
            reasons.append(f"{type(error).__name__}: {first_line(error)}")
    return Outcome.failed(reasons[0], "\n".join(reasons))


class _MissError(ValueError):
    """The model holds other operators than ONNX's, or gives something else than TensorFlow; the message says which."""


def _try(case: Case, reference: Reference, opset: int) -> float:
    model, _ = tf2onnx.convert.from_function(reference.function, input_signature=list(case.signature), opset=opset)
    standard = {node.op_type for node in model.graph.node if node.domain not in ("", "ai.onnx")}
    unknown = standard | {
        node.op_type for node in model.graph.node if not onnx.defs.has(node.op_type, opset, node.domain)
    }
    if unknown:
        raise _MissError(f"unsupported: {', '.join(sorted(unknown))}")
    onnx.checker.check_model(model, full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_inputs()]
    largest = 0.0
    for arrays, expected in reference.outputs:
        given = {spec.name: np.asarray(value) for spec, value in zip(case.signature, arrays, strict=True)}
        found = session.run(None, {name: given[name] for name in names})
        for actual, wanted in zip(found, expected, strict=True):
            largest = max(largest, _difference(actual, wanted))
    return largest


def _difference(actual: np.ndarray, wanted: np.ndarray) -> float:
    if actual.shape != wanted.shape:
        raise _MissError(f"shape {actual.shape} instead of {wanted.shape}")
    rtol, atol = (1e-9, 1e-10) if wanted.dtype == np.float64 else (1e-4, 1e-5)
    if not np.issubdtype(wanted.dtype, np.inexact):
        rtol = atol = 0.0
    if not np.allclose(actual, wanted, rtol=rtol, atol=atol, equal_nan=True):
        raise _MissError("the outputs differ from TensorFlow's")
    finite = np.isfinite(wanted.astype(np.float64))
    apart: Any = np.abs(actual.astype(np.float64)[finite] - wanted.astype(np.float64)[finite])
    return float((apart / np.maximum(1, np.abs(wanted.astype(np.float64)[finite]))).max(initial=0.0))
