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
    """A TensorProto as an array; values that were left out repeat the last one, as TensorFlow reads them.

    Args:
        proto: the message.
        name: of the tensor, for errors.

    Raises:
        StatusError: INVALID_ARGUMENT where dtype, shape and values do not fit together.
    """
    dtype = numpy_dtype(proto.dtype)
    if proto.tensor_shape.unknown_rank:
        raise StatusError(Code.INVALID_ARGUMENT, f"{name} must have a known shape. Received: unknown_rank")
    shape = tuple(dim.size for dim in proto.tensor_shape.dim)
    count = math.prod(shape)
    if min(shape, default=0) < 0:
        raise StatusError(Code.INVALID_ARGUMENT, f"{name} must have no negative sizes. Received: shape {shape}")
    if proto.tensor_content:
        if len(proto.tensor_content) != count * dtype.itemsize:
            raise StatusError(
                Code.INVALID_ARGUMENT,
                f"{name} must have {count * dtype.itemsize} bytes of tensor_content for shape {shape}. "
                f"Received: {len(proto.tensor_content)}",
            )
        return np.frombuffer(proto.tensor_content, dtype.newbyteorder("<")).astype(dtype, copy=False).reshape(shape)
    field = _BY_NUMBER[proto.dtype][1]
    values = getattr(proto, field)
    if len(values) > count or (count and not len(values)):
        raise StatusError(
            Code.INVALID_ARGUMENT, f"{name} must have {count} values for shape {shape}. Received: {len(values)}"
        )
    if field == "half_val":
        given = np.array(values, np.uint16).view(np.float16)
    else:
        with np.errstate(over="ignore"):
            given = np.array(values, np.int64 if field == "int_val" else dtype).astype(dtype)
    # A few bytes could otherwise ask for any amount of memory.
    if len(values) < count and count > _MOST_REPEATED:
        raise StatusError(Code.INVALID_ARGUMENT, f"{name} must give its {count} values. Received: {len(values)}")
    return np.concatenate([given, np.repeat(given[-1:], count - len(given))]).reshape(shape)


_MOST_REPEATED = 2**20
