"""What a manifest says of one endpoint: its named, batch-first inputs and outputs and its ONNX file."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfgen_serving.errors import BundleError
from tfgen_serving.fields import as_shape, check_path, check_text, expect, fields_of, within

__all__ = ["EndpointInfo", "SignatureInfo", "TensorInfo"]

_DTYPES = (
    *("bool", "float16", "float32", "float64"),
    *("int8", "int16", "int32", "int64"),
    *("uint8", "uint16", "uint32", "uint64"),
)  # what NumPy, TensorFlow and ONNX all have


@dataclass(frozen=True, kw_only=True)
class TensorInfo:
    """One input or output of an endpoint.

    Attributes:
        name: The name in the ONNX file, in the SavedModel's signature and in a request.
        dtype: NumPy's name of the element type, such as ``"float32"``.
        shape: The sizes; None for the leading batch dimension, and for any other that is free, such as time.

    Raises:
        BundleError: A field is not of this form; the message begins with the field's name.

    Example:
        >>> TensorInfo(name="x", dtype="float32", shape=[None, 2]).shape
        (None, 2)
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]

    def __post_init__(self) -> None:
        check_text("name", self.name)
        expect(self.dtype in _DTYPES, "dtype", f"one of {', '.join(_DTYPES)}", self.dtype)
        object.__setattr__(self, "shape", as_shape("shape", self.shape))
        expect(self.shape[:1] == (None,), "shape", "led by null, the batch dimension", self.shape)

    @property
    def text(self) -> str:
        """The dtype and shape as a message states them: ``float32 [batch, 2]``."""
        return f"{self.dtype} [{', '.join(['batch', *('?' if d is None else str(d) for d in self.shape[1:])])}]"

    def row_bytes(self, free: int = 1) -> int:
        """The bytes of one row, in which sizes that are left free are `free`."""
        return math.prod(size or free for size in self.shape[1:]) * np.dtype(self.dtype).itemsize

    def to_data(self) -> dict[str, Any]:
        """Returns the tensor as JSON data."""
        return {"name": self.name, "dtype": self.dtype, "shape": list(self.shape)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "TensorInfo":
        """Returns the tensor that `to_data` wrote; BundleError otherwise."""
        return cls(**fields_of(data, required=frozenset({"name", "dtype", "shape"})))


@dataclass(frozen=True, kw_only=True)
class SignatureInfo:
    """A function from named inputs to named outputs; row i of these belongs to row i of those.

    Attributes:
        name: The signature's name.
        inputs: What it takes, at least one tensor.
        outputs: What it gives, at least one tensor.

    Raises:
        BundleError: A field is not of this form; the message begins with the field's name.
    """

    name: str
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]

    def __post_init__(self) -> None:
        check_text("name", self.name)
        object.__setattr__(self, "inputs", _as_tensors("inputs", self.inputs))
        object.__setattr__(self, "outputs", _as_tensors("outputs", self.outputs))


@dataclass(frozen=True, kw_only=True)
class EndpointInfo(SignatureInfo):
    """A signature of a bundle, with the ONNX file of the same function.

    Attributes:
        name: The endpoint's name, also the SavedModel signature's.
        inputs: What it takes, at least one tensor.
        outputs: What it gives, at least one tensor.
        onnx: The ONNX file's POSIX path relative to the version folder, such as ``"onnx/score.onnx"``.

    Raises:
        BundleError: A field is not of this form; the message begins with the field's name.

    Example:
        >>> x = TensorInfo(name="x", dtype="float32", shape=(None, 2))
        >>> score = TensorInfo(name="score", dtype="float32", shape=(None,))
        >>> endpoint = EndpointInfo(name="score", inputs=(x,), outputs=(score,), onnx="onnx/score.onnx")
        >>> endpoint.inputs[0].text
        'float32 [batch, 2]'
    """

    onnx: str

    def __post_init__(self) -> None:
        super().__post_init__()
        check_path("onnx", self.onnx)

    def to_data(self) -> dict[str, Any]:
        """Returns the endpoint as JSON data, without the name that the manifest keeps it under."""
        return {
            "inputs": [tensor.to_data() for tensor in self.inputs],
            "outputs": [tensor.to_data() for tensor in self.outputs],
            "onnx": self.onnx,
        }

    @classmethod
    def from_data(cls, name: str, data: Mapping[str, Any]) -> "EndpointInfo":
        """Returns the endpoint that `to_data` wrote; BundleError otherwise."""
        values = fields_of(data, required=frozenset({"inputs", "outputs", "onnx"}))
        for side in ("inputs", "outputs"):
            values[side] = _tensors_from_data(side, values[side])
        return cls(name=name, **values)


def _as_tensors(field: str, value: Any) -> tuple[TensorInfo, ...]:
    # Without an input there is no batch size, without an output no answer.
    fits = isinstance(value, list | tuple) and bool(value) and all(isinstance(item, TensorInfo) for item in value)
    expect(fits, field, "one TensorInfo or more", value)
    tensors: tuple[TensorInfo, ...] = tuple(value)
    names = [tensor.name for tensor in tensors]
    expect(len(set(names)) == len(names), field, "tensors of different names", names)
    return tensors


def _tensors_from_data(field: str, value: object) -> tuple[TensorInfo, ...]:
    if not isinstance(value, list):
        raise BundleError(f"{field} must be a list of tensors. Received: {value!r}")
    tensors = []
    for index, item in enumerate(value):
        expect(isinstance(item, dict), f"{field}[{index}]", "a JSON object", item)
        with within(f"{field}[{index}]."):
            tensors.append(TensorInfo.from_data(item))
    return tuple(tensors)
