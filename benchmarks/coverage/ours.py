"""A case by `tfgen_export.convert`."""

import math
import re

import tfgen_export
from benchmarks.coverage.case import Case
from benchmarks.coverage.outcome import Outcome
from benchmarks.coverage.reference import first_line, refer
from tfgen_export import UnsupportedOperators

__all__ = ["try_ours"]


def try_ours(case: Case) -> Outcome:
    """Converts; where that fails, asks whether TensorFlow itself can."""
    try:
        model = tfgen_export.convert(case.function, list(case.signature), inputs=case.inputs, discrete=case.discrete)
    except Exception as error:  # those of TensorFlow's tracing come through
        problem = refer(case).problem
        return Outcome.untried(problem) if problem else Outcome.failed(_reason(error), str(error))
    difference = next(float(entry.value) for entry in model.metadata_props if entry.key == "largest_difference")
    return Outcome.passed(difference=_round_up(difference))


def _reason(error: Exception) -> str:
    if isinstance(error, UnsupportedOperators):
        return "unsupported: " + ", ".join(sorted({operator.operator for operator in error.operators}))
    line = re.sub(r", from \S+( \(through [^)]*\))?( or \S+( \(through [^)]*\))?)*", "", first_line(error))
    return f"{type(error).__name__}: {line}"


def _round_up(difference: float) -> float:
    """To a power of ten, which other machines agree on."""
    return 10.0 ** math.ceil(math.log10(difference)) if difference > 0 else 0.0
