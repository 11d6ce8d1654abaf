"""A JSON value as an array of a dtype, by TensorFlow Serving's rules and in its words."""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.protocol.json_show import show
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.tensors import TensorInfo

__all__ = ["dense_shape", "to_array"]

_MOST_DIMENSIONS = 32


def to_array(value: Any, info: TensorInfo) -> NDArray[Any]:
    """A number, or lists in lists of numbers, as an array of the input's dtype and of whatever shape it has.

    A float input takes any number, and one beyond float32 becomes an infinity; an integer input takes what is written
    without point and exponent and fits its dtype; a bool input takes true and false.

    Raises:
        StatusError: INVALID_ARGUMENT where the lists are uneven or a value is of another type.

    Example:
        >>> to_array([[1, 2.5]], TensorInfo(name="x", dtype="float32", shape=(None, 2)))
        array([[1. , 2.5]], dtype=float32)
    """
    dtype = np.dtype(info.dtype)
    # Level by level, so that each look at all values of a level is one call of C.
    sizes: list[int] = []
    leaves = [value]
    while list in (kinds := set(map(type, leaves))):
        lengths = set(map(len, leaves)) if len(kinds) == 1 else set()
        if len(lengths) != 1:
            raise _reason(value, info)
        sizes.append(lengths.pop())
        leaves = list(itertools.chain.from_iterable(leaves))
    if len(sizes) > _MOST_DIMENSIONS or not _fit(leaves, kinds, dtype):
        raise _reason(value, info)
    try:
        array = np.array(leaves, np.float64 if dtype.kind == "f" else dtype)
    except OverflowError as error:
        raise _error("JSON Parse error: Number too big to be stored in double.") from error
    with np.errstate(over="ignore"):
        return array.astype(dtype, copy=False).reshape(sizes)


def dense_shape(value: Any) -> tuple[int, ...]:
    """The sizes that the first of each list has."""
    sizes = []
    while isinstance(value, list):
        sizes.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(sizes)


def _fit(leaves: list[Any], kinds: set[type], dtype: np.dtype[Any]) -> bool:
    if not leaves:
        return True
    if dtype.kind == "f":
        return kinds <= {int, float}
    if dtype.kind == "b":
        return kinds == {bool}
    limits = np.iinfo(dtype)
    return kinds == {int} and int(limits.min) <= min(leaves) and max(leaves) <= int(limits.max)


def _reason(value: Any, info: TensorInfo) -> StatusError:
    """The first thing that is wrong, in the order in which TensorFlow Serving looks."""
    shape, dtype = dense_shape(value), np.dtype(info.dtype)
    if len(shape) > _MOST_DIMENSIONS:
        return _error(f"tensor parsing error: {info.name}")

    def look(item: Any, level: int) -> StatusError | None:
        if not isinstance(item, list):
            return _reason_of_leaf(item, shape, level, dtype)
        if level >= len(shape):
            return _error(f"Encountered list at unexpected level: {level} expected < {len(shape)}")
        if len(item) != shape[level]:
            return _error(
                f"Encountered list at unexpected size: {len(item)} at level: {level} expected size: {shape[level]}"
            )
        kinds = set(map(type, item))
        if level + 1 == len(shape) and list not in kinds and _fit(item, kinds, dtype):
            return None
        return next(filter(None, (look(each, level + 1) for each in item)), None)

    # Reached only for what is uneven or of another type: there is a reason, whatever its words.
    return look(value, 0) or _error(f"JSON Value: {show(value)} is not a tensor of {dtype.name}")


def _reason_of_leaf(value: Any, shape: tuple[int, ...], level: int, dtype: np.dtype[Any]) -> StatusError | None:
    if level != len(shape):
        return _error(
            f"JSON Value: {show(value)} found at incorrect level: {level + 1} in the JSON DOM. Expected at level: "
            f"{len(shape)}"
        )
    if _fit([value], {type(value)}, dtype):
        return None
    kind = _KINDS.get(type(value), "Object") if not isinstance(value, bool) else str(value)
    name = _TYPE_NAMES.get(dtype.name, dtype.name)
    return _error(f"JSON Value: {show(value)} Type: {kind} is not of expected type: {name}")


_KINDS = {type(None): "Null", str: "String", int: "Number", float: "Number"}
_TYPE_NAMES = {"float32": "float", "float64": "double", "float16": "half"}


def _error(message: str) -> StatusError:
    return StatusError(Code.INVALID_ARGUMENT, message)
