"""TensorProto and NumPy arrays."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.protocol.messages import messages
from tfgen_serving.protocol.status import Code, StatusError

__all__ = ["data_type", "from_proto", "numpy_dtype", "to_proto"]

# By TensorFlow's name: NumPy's, and the field that values are in.
_TYPES = {
    "DT_FLOAT": ("float32", "float_val"),
    "DT_DOUBLE": ("float64", "double_val"),
    "DT_HALF": ("float16", "half_val"),
    "DT_INT8": ("int8", "int_val"),
    "DT_INT16": ("int16", "int_val"),
    "DT_INT32": ("int32", "int_val"),
    "DT_INT64": ("int64", "int64_val"),
    "DT_UINT8": ("uint8", "int_val"),
    "DT_UINT16": ("uint16", "int_val"),
    "DT_UINT32": ("uint32", "uint32_val"),
    "DT_UINT64": ("uint64", "uint64_val"),
    "DT_BOOL": ("bool", "bool_val"),
}
_NUMBERS = messages.DataType.values_by_name
_BY_NUMBER = {_NUMBERS[name].number: pair for name, pair in _TYPES.items()}
_BY_DTYPE = {dtype: (_NUMBERS[name].number, field) for name, (dtype, field) in _TYPES.items()}


def data_type(dtype: Any) -> int:
    """TensorFlow's number of a NumPy dtype.

    Raises:
        KeyError: for a dtype that no endpoint has.
    """
    return int(_BY_DTYPE[np.dtype(dtype).name][0])


def numpy_dtype(number: int) -> np.dtype[Any]:
    """NumPy's dtype of TensorFlow's number.

    Raises:
        StatusError: INVALID_ARGUMENT for strings, resources and other types without numbers.
    """
    if number not in _BY_NUMBER:
        known = messages.DataType.values_by_number.get(number)
        name = known.name if known else str(number)
        raise StatusError(Code.INVALID_ARGUMENT, f"dtype must be one of {', '.join(_TYPES)}. Received: {name}")
    return np.dtype(_BY_NUMBER[number][0])


def to_proto(array: NDArray[Any], *, packed: bool = False) -> Any:
    """An array as a TensorProto.

    Args:
        array: of a dtype in TensorFlow's table.
        packed: whether values are one string of bytes, which is faster, rather than TensorFlow Serving's default, a
            number each.
    """
    number, field = _BY_DTYPE[array.dtype.name]
    proto = messages.TensorProto(dtype=number)
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    if packed:
        proto.tensor_content = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    else:
        values = array.view(np.uint16) if field == "half_val" else array
        getattr(proto, field).extend(values.reshape(-1).tolist())
    return proto


def from_proto(proto: Any, name: str) -> NDArray[Any]:
    """A TensorProto as an array, as TensorFlow reads it: values that were left out repeat the last one, or are zero.

    Args:
        proto: the message.
        name: of the tensor, for errors.

    Raises:
        StatusError: INVALID_ARGUMENT where dtype, shape and values do not fit together. Unlike TensorFlow, which passes
            over what is too much, also where there are more values than the shape has, or they exceed the dtype.
    """
    dtype = numpy_dtype(proto.dtype)
    if proto.tensor_shape.unknown_rank:
        raise _refused(name, "must have a known shape. Received: unknown_rank")
    shape = tuple(dim.size for dim in proto.tensor_shape.dim)
    if min(shape, default=0) < 0 or len(shape) > _MOST_DIMENSIONS or math.prod(filter(None, shape)) > _LARGEST:
        raise _refused(name, f"must have sizes that an array can have. Received: shape {_short(shape)}")
    count = math.prod(shape)
    content, field = proto.tensor_content, _BY_NUMBER[proto.dtype][1]
    if content:
        if len(content) != count * dtype.itemsize:
            raise _refused(
                name,
                f"must have {count * dtype.itemsize} bytes of tensor_content for shape {shape}. "
                f"Received: {len(content)}",
            )
        return np.frombuffer(content, dtype.newbyteorder("<")).astype(dtype, copy=False).reshape(shape)
    values = getattr(proto, field)
    # A few bytes could otherwise ask for any amount of memory.
    if len(values) > count or (len(values) < count and count > _MOST_REPEATED):
        raise _refused(name, f"must have {count} values for shape {shape}. Received: {len(values)}")
    given = _values(values, field, dtype, name)
    last = given[-1:] if len(given) else np.zeros(1, dtype)
    return np.concatenate([given, np.repeat(last, count - len(given))]).reshape(shape)


def _values(values: Any, field: str, dtype: np.dtype[Any], name: str) -> NDArray[Any]:
    if field not in ("int_val", "half_val"):
        return np.array(values, dtype)
    # Narrow types travel as int32, a half by its bits.
    limits, wide = np.iinfo(np.uint16 if field == "half_val" else dtype), np.array(values, np.int64)
    if wide.size and (wide.min() < limits.min or wide.max() > limits.max):
        raise _refused(name, f"must have values of {dtype}. Received: {wide.min()} to {wide.max()}")
    return wide.astype(np.uint16).view(np.float16) if field == "half_val" else wide.astype(dtype)


def _short(shape: tuple[int, ...]) -> str:
    return f"{shape[:8]}{' and more' if len(shape) > 8 else ''}"


def _refused(name: str, message: str) -> StatusError:
    return StatusError(Code.INVALID_ARGUMENT, f"tensor parsing error: {name} {message}")


_MOST_REPEATED = 2**20
_MOST_DIMENSIONS = 32
_LARGEST = 2**40
