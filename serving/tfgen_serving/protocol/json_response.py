"""Predict answers and errors as TensorFlow Serving writes them, to the space."""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.protocol.json_request import Format
from tfgen_serving.protocol.status import Code, StatusError

__all__ = ["error_body", "predict_body"]

_INDENT = " " * 4


def predict_body(outputs: Mapping[str, NDArray[Any]], format: Format) -> str:
    """The body of an answer: `predictions`, row by row, or `outputs`, tensor by tensor; one output drops its name.

    Args:
        outputs: Arrays by name.
        format: The request's.

    Raises:
        StatusError: INVALID_ARGUMENT where rows are asked for and outputs have none, or not equally many.

    Example:
        >>> print(predict_body({"score": np.float32([-1.5, 2])}, "row"))
        {
            "predictions": [-1.5, 2.0
            ]
        }
    """
    return _rows(outputs) if format == "row" else _columns(outputs)


def error_body(message: str) -> str:
    """The body of a failure."""
    return f'{{\n{_INDENT}"error": {_string(message)}\n}}'


def _rows(outputs: Mapping[str, NDArray[Any]]) -> str:
    names = sorted(outputs)
    rows = None
    for name in names:
        if outputs[name].ndim == 0:
            raise StatusError(Code.INVALID_ARGUMENT, f"Tensor name: {name} has no shape information ")
        if rows not in (None, len(outputs[name])):
            raise StatusError(
                Code.INVALID_ARGUMENT,
                f"Tensor name: {name} has inconsistent batch size: {len(outputs[name])} expecting: {rows}",
            )
        rows = len(outputs[name])
    if not rows:
        return f'{{\n{_INDENT}"predictions": []\n}}'
    columns = {name: [_inline(row) for row in _texts(outputs[name])] for name in names}
    if len(names) == 1:
        text = ", ".join(columns[names[0]])
    else:
        text = ",".join(f"\n{2 * _INDENT}{_object(names, cells)}" for cells in zip(*columns.values(), strict=True))
    return f'{{\n{_INDENT}"predictions": [{text}\n{_INDENT}]\n}}'


def _object(names: list[str], cells: tuple[str, ...]) -> str:
    lines = ",".join(f"\n{3 * _INDENT}{_string(name)}: {cell}" for name, cell in zip(names, cells, strict=True))
    return f"{{{lines}\n{2 * _INDENT}}}"


def _columns(outputs: Mapping[str, NDArray[Any]]) -> str:
    if len(outputs) == 1:
        text = _indented(_texts(next(iter(outputs.values()))), 1)
    else:
        lines = ",".join(
            f"\n{2 * _INDENT}{_string(name)}: {_indented(_texts(outputs[name]), 2)}" for name in sorted(outputs)
        )
        text = f"{{{lines}\n{_INDENT}}}"
    return f'{{\n{_INDENT}"outputs": {text}\n}}'


def _inline(value: Any) -> str:
    return f"[{', '.join(map(_inline, value))}]" if isinstance(value, list) else value


def _indented(value: Any, level: int) -> str:
    if not isinstance(value, list):
        return str(value)
    if not value:
        return "[]"
    lines = ",".join(f"\n{(level + 1) * _INDENT}{_indented(item, level + 1)}" for item in value)
    return f"[{lines}\n{level * _INDENT}]"


def _texts(array: NDArray[Any]) -> Any:
    """The array's numbers as JSON writes them, in lists of lists."""
    if array.dtype.kind == "f":
        words: Iterable[str] = (_decimal(value, array.dtype.type) for value in array.reshape(-1).tolist())
    elif array.dtype.kind == "b":
        words = ("true" if value else "false" for value in array.reshape(-1).tolist())
    else:
        words = map(str, array.reshape(-1).tolist())
    cells = np.empty(array.size, object)
    cells[:] = list(words)
    return cells.reshape(array.shape).tolist()


def _decimal(value: float, kind: Any) -> str:
    """Six digits where they read back as the same number, else all; never without a point or an exponent."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    text = f"{value:g}"
    if kind(float(text)) != value:
        text = f"{value:.{17 if kind is np.float64 else 9}g}"
    return text if "." in text or "e" in text else f"{text}.0"


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
