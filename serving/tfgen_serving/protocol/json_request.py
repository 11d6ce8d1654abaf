"""A REST predict body as arrays, by TensorFlow Serving's rules and in its words.

A body is `{"signature_name": …, "instances": […]}`, one object or value for each row, or `{"inputs": …}`, a whole
tensor for each name. What follows the closing brace is not looked at; NaN, Infinity and their short forms are numbers.
"""

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.tensors import TensorInfo

__all__ = ["JsonRequest", "parse_request"]

Format = Literal["row", "columnar"]

_SHOWN = 256
"""How many characters of a value an error quotes."""


@dataclass(frozen=True)
class JsonRequest:
    """What a body asks for.

    Attributes:
        signature_name: As given; empty where it is not.
        inputs: Arrays by name, of the signature's dtypes.
        format: `row` for instances, `columnar` for inputs: it decides what the answer looks like.
    """

    signature_name: str
    inputs: dict[str, NDArray[Any]]
    format: Format


def parse_request(body: bytes, tensors_of: Callable[[str], Sequence[TensorInfo]]) -> JsonRequest:
    """Reads a predict body.

    Args:
        body: UTF-8 JSON.
        tensors_of: The inputs of a signature by its name, empty for the default one; it may raise StatusError.

    Raises:
        StatusError: INVALID_ARGUMENT for anything that TensorFlow Serving refuses.

    Example:
        >>> x = TensorInfo(name="x", dtype="float32", shape=(None, 2))
        >>> parse_request(b'{"instances": [[1, 2], [3, 4]]}', lambda _: [x]).inputs["x"].tolist()
        [[1.0, 2.0], [3.0, 4.0]]
    """
    document = _document(body)
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise _error(
            f"JSON Value: {_show(document)} not formatted correctly. 'signature_name' key must be a string value."
        )
    infos = {info.name: info for info in tensors_of(name)}
    if "instances" in document and "inputs" in document:
        raise _error(
            f"JSON Value: {_show(document)} Not formatted correctly expecting only one of 'inputs' or 'instances' keys "
            "to exist "
        )
    if "instances" in document:
        instances = document["instances"]
        if not isinstance(instances, list):
            raise _error(f"JSON Value: {_show(document)} Expecting 'instances' to be an list/array")
        if not instances:
            raise _error(f"JSON Value: {_show(document)} No values in 'instances' array")
        return JsonRequest(name, _from_instances(instances, infos), "row")
    if "inputs" in document:
        return JsonRequest(name, _from_inputs(document["inputs"], infos), "columnar")
    raise _error("Missing 'inputs' or 'instances' key")


def _document(body: bytes) -> dict[str, Any]:
    if not body.strip():
        raise _error("JSON Parse error: The document is empty")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise _error(f"JSON Parse error: Invalid encoding in string. at offset: {error.start}") from error
    start = len(text) - len(text.lstrip(" \t\n\r"))
    try:
        document, _ = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise _error(f"JSON Parse error: {error.msg} at offset: {error.pos}") from error
    except (RecursionError, ValueError) as error:
        # Python refuses integers of more than 4300 digits, and lists in lists without end.
        raise _error(f"JSON Parse error: {error}") from error
    if not isinstance(document, dict):
        raise _error(f"JSON Value: {_show(document)} Is not object")
    return document


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("Number too big to be stored in double.")
    return value


_DECODER = json.JSONDecoder(parse_float=_number)


def _from_instances(instances: list[Any], infos: Mapping[str, TensorInfo]) -> dict[str, NDArray[Any]]:
    objects = _is_object(instances[0])
    if not isinstance(instances[0], dict) and len(infos) > 1:
        raise _error(
            "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
            "tensorinfo_map"
        )
    for index, item in enumerate(instances):
        if _is_object(item) != objects:
            expected, got = ("object", "list") if objects else ("value/list", "object")
            raise _error(f"Expecting {expected} but got {got} at item {index} of input list")
        if objects and item.keys() != infos.keys():
            _check_keys(item, infos, index)
    columns = (
        {name: [item[name] for item in instances] for name in infos} if objects else {next(iter(infos)): instances}
    )
    return {name: _rows(values, infos[name], named=objects) for name, values in columns.items()}


def _check_keys(item: dict[str, Any], infos: Mapping[str, TensorInfo], index: int) -> None:
    for name in item:
        if name not in infos:
            raise _error(
                f"Failed to process element: {index} key: {name} of 'instances' list. Error: INVALID_ARGUMENT: "
                f"JSON object: does not have named input: {name}"
            )
    raise _error(
        f"Failed to process element: {index} of 'instances' list. JSON object: {_show(item)} keys must be equal to: "
        f"{','.join(sorted(infos))}"
    )


def _rows(values: list[Any], info: TensorInfo, *, named: bool) -> NDArray[Any]:
    """Rows of one input: all at once, and only where that fails one by one, to say which is wrong."""
    try:
        return _tensor(values, info)
    except StatusError as whole:
        key = f" key: {info.name}" if named else ""
        shape: tuple[int, ...] | None = None
        for index, value in enumerate(values):
            prefix = f"Failed to process element: {index}{key} of 'instances' list. Error: INVALID_ARGUMENT: "
            try:
                row = _tensor(value, info)
            except StatusError as error:
                raise _error(prefix + error.message) from error
            if shape is not None and row.size != math.prod(shape):
                raise _error(f"{prefix}Expecting tensor size: {math.prod(shape)} but got: {row.size}") from whole
            if shape is not None and row.shape != shape:
                raise _error(f"{prefix}Expecting shape {_sizes(shape)} but got: {_sizes(row.shape)}") from whole
            shape = row.shape
        raise


def _from_inputs(value: Any, infos: Mapping[str, TensorInfo]) -> dict[str, NDArray[Any]]:
    if not _is_object(value):
        if len(infos) > 1:
            raise _error(
                "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "
                "tensorinfo_map"
            )
        name, info = next(iter(infos.items()))
        return {name: _tensor(value, info)}
    for name in infos:
        if name not in value:
            raise _error(f"Missing named input: {name} in 'inputs' object.")
    return {name: _tensor(value[name], info) for name, info in infos.items()}


def _tensor(value: Any, info: TensorInfo) -> NDArray[Any]:
    """A JSON value as an array: NumPy's own conversion where it is sure to be right, else value by value."""
    dtype = np.dtype(info.dtype)
    shape = _shape(value)
    _check(value, shape, 0, dtype)
    with np.errstate(over="ignore"):
        array = np.array(value, np.float64 if dtype.kind == "f" else dtype)
        return array.astype(dtype).reshape(shape)


def _shape(value: Any) -> tuple[int, ...]:
    sizes = []
    while isinstance(value, list):
        sizes.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(sizes)


def _check(value: Any, shape: tuple[int, ...], level: int, dtype: np.dtype[Any]) -> None:
    """Raises unless a value is nested as its first elements are, and made of what the dtype holds."""
    if not isinstance(value, list):
        _check_leaf(value, shape, level, dtype)
        return
    if level >= len(shape):
        raise _error(f"Encountered list at unexpected level: {level} expected < {len(shape)}")
    if len(value) != shape[level]:
        raise _error(
            f"Encountered list at unexpected size: {len(value)} at level: {level} expected size: {shape[level]}"
        )
    if level == len(shape) - 1 and dtype.kind == "f" and set(map(type, value)) <= _NUMBERS:
        return  # the common case, without a look at each
    for item in value:
        _check(item, shape, level + 1, dtype)


_NUMBERS = {int, float}


def _check_leaf(value: Any, shape: tuple[int, ...], level: int, dtype: np.dtype[Any]) -> None:
    if level != len(shape):
        raise _error(
            f"JSON Value: {_show(value)} found at incorrect level: {level + 1} in the JSON DOM. Expected at level: "
            f"{len(shape)}"
        )
    fits = type(value) in _NUMBERS
    if dtype.kind == "b":
        fits = isinstance(value, bool)
    elif dtype.kind in "iu":
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        fits = type(value) is int and int(low) <= value <= int(high)
    if not fits:
        if isinstance(value, dict) and "b64" in value:
            _check_base64(value)
        raise _error(
            f"JSON Value: {_show(value)} Type: {_KINDS.get(type(value), 'Object')} is not of expected type: "
            f"{_TYPE_NAMES.get(dtype.name, dtype.name)}"
        )


def _check_base64(value: dict[str, Any]) -> None:
    try:
        base64.b64decode(value["b64"], validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise _error("Unable to base64 decode") from error


_KINDS = {
    type(None): "Null",
    bool: "Bool",
    dict: "Object",
    list: "Array",
    str: "String",
    int: "Number",
    float: "Number",
}
_TYPE_NAMES = {"float32": "float", "float64": "double", "float16": "half"}


def _is_object(value: Any) -> bool:
    """Whether it is an object by names, rather than `{"b64": …}`, which is a value."""
    return isinstance(value, dict) and not (len(value) == 1 and isinstance(value.get("b64"), str))


def _sizes(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"


def _show(value: Any) -> str:
    """The beginning of a value as JSON."""
    pieces, size = [], 0
    try:
        for piece in json.JSONEncoder(ensure_ascii=False).iterencode(value):
            pieces.append(piece)
            size += len(piece)
            if size >= _SHOWN:
                break
    except RecursionError:
        pass
    return "".join(pieces)[:_SHOWN]


def _error(message: str) -> StatusError:
    return StatusError(Code.INVALID_ARGUMENT, message)
