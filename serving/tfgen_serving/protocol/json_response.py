"""Predict answers and errors as TensorFlow Serving writes them, to the space."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.protocol.json_request import Format
from tfgen_serving.protocol.json_show import json_string
from tfgen_serving.protocol.status import Code, StatusError

__all__ = ["error_body", "predict_body"]

_INDENT = " " * 4
_BLOCK = 2**16
"""Numbers that are made words at once."""


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
    return f'{{\n{_INDENT}"error": {json_string(message)}\n}}'


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
    pieces = []
    for block in _blocks([outputs[name] for name in names]):
        columns = [list(map(_inline, _texts(array))) for array in block]
        if len(names) == 1:
            pieces.append(", ".join(columns[0]))
        else:
            pieces.append(",".join(f"\n{2 * _INDENT}{_object(names, cells)}" for cells in zip(*columns, strict=True)))
    text = (", " if len(names) == 1 else ",").join(pieces)
    return f'{{\n{_INDENT}"predictions": [{text}\n{_INDENT}]\n}}'


def _blocks(arrays: Sequence[NDArray[Any]]) -> Iterator[list[NDArray[Any]]]:
    """Some rows at a time: words take ten times the memory of numbers, and are made with all else at a halt."""
    rows = len(arrays[0])
    step = max(1, _BLOCK * rows // max(1, sum(array.size for array in arrays)))
    for start in range(0, rows, step):
        yield [array[start : start + step] for array in arrays]


def _object(names: list[str], cells: tuple[str, ...]) -> str:
    lines = ",".join(f"\n{3 * _INDENT}{json_string(name)}: {cell}" for name, cell in zip(names, cells, strict=True))
    return f"{{{lines}\n{2 * _INDENT}}}"


def _columns(outputs: Mapping[str, NDArray[Any]]) -> str:
    if len(outputs) == 1:
        text = _column(next(iter(outputs.values())), 1)
    else:
        lines = ",".join(f"\n{2 * _INDENT}{json_string(name)}: {_column(outputs[name], 2)}" for name in sorted(outputs))
        text = f"{{{lines}\n{_INDENT}}}"
    return f'{{\n{_INDENT}"outputs": {text}\n}}'


def _column(array: NDArray[Any], level: int) -> str:
    if not array.ndim or not len(array):
        return _indented(_texts(array), level)
    # Each block is a list, of which the brackets are left out.
    inner = [_indented(_texts(block), level)[1 : -2 - level * len(_INDENT)] for (block,) in _blocks([array])]
    return f"[{','.join(inner)}\n{level * _INDENT}]"


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
        words = _decimals(array.reshape(-1))
    elif array.dtype.kind == "b":
        words = ["true" if value else "false" for value in array.reshape(-1).tolist()]
    else:
        words = list(map(str, array.reshape(-1).tolist()))
    cells = np.empty(array.size, object)
    cells[:] = words
    return cells.reshape(array.shape).tolist()


def _decimals(array: NDArray[Any]) -> list[str]:
    """Six digits where they read back as the same number, else all; never without a point or an exponent."""
    values = array.tolist()
    words = _format("%g ", values)
    with np.errstate(over="ignore"):  # six digits of the largest number may be more than it
        changed = np.flatnonzero(np.array(words, np.float64).astype(array.dtype) != array).tolist()
    digits = 17 if array.dtype == np.float64 else 9
    for index, word in zip(changed, _format(f"%.{digits}g ", [values[index] for index in changed]), strict=True):
        words[index] = word
    return [_NAMES.get(word) or (word if "." in word or "e" in word else f"{word}.0") for word in words]


def _format(form: str, values: list[float]) -> list[str]:
    """Each value by itself, in one call."""
    return (form * len(values) % tuple(values)).split()


_NAMES = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
