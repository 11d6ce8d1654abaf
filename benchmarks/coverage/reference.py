"""What TensorFlow itself makes of a case."""

import dataclasses
import itertools
import re
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.coverage.case import Case

__all__ = ["BATCH_SIZES", "Reference", "first_line", "refer"]

BATCH_SIZES = (1, 7)
_MAY_BE_INFINITE = {"mean", "stddev", "mode", "entropy"}


@dataclasses.dataclass(frozen=True)
class Reference:
    """TensorFlow's own outputs.

    Attributes:
        problem: why there are none: TFP does not define the method, or TensorFlow cannot run it in a graph.
        outputs: for each batch size the inputs and the outputs.
        function: what was traced.
    """

    problem: str | None
    outputs: tuple[tuple[list[np.ndarray], list[np.ndarray]], ...] = ()
    function: Any = None


def refer(case: Case) -> Reference:
    """Traces the case by its signature, and runs it at both batch sizes."""
    function = tf.function(case.function, autograph=False)
    try:
        concrete = function.get_concrete_function(*case.signature)
        outputs = []
        for batch in BATCH_SIZES:
            arrays = case.inputs(batch)
            tensors = [tf.constant(value, spec.dtype) for value, spec in zip(arrays, case.signature, strict=True)]
            outputs.append((arrays, [tensor.numpy() for tensor in tf.nest.flatten(concrete(*tensors))]))
    except NotImplementedError as error:
        return Reference(f"undefined: {first_line(error)}")
    except Exception as error:  # TensorFlow's kinds are many
        return Reference(f"TensorFlow fails: {type(error).__name__}: {first_line(error)}")
    values = [value for _, found in outputs for value in found if value.dtype != bool]
    if case.kind not in _MAY_BE_INFINITE and values and not any(np.isfinite(value).any() for value in values):
        return Reference("TensorFlow gives no finite value")
    return Reference(None, tuple(outputs), function)


def first_line(error: Exception | str) -> str:
    """An error's first line, without addresses, paths and source lines: the same on each machine."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    line = lines[0]
    if line == "Graph execution error:":  # the trace of the node comes first
        line = next((said for said, node in itertools.pairwise(lines) if "{{node" in node), lines[-1])
    line = re.sub(r"0x[0-9a-f]{6,}", "0x…", line)
    line = re.sub(r"(?:/[\w.+-]+)+/", "", line)
    line = re.sub(r"<tf\.Tensor[^>]*>|Tensor\([^)]*\)", "a tensor", line)
    return line if len(line) <= 160 else f"{line[:159]}…"
