"""TensorProto against TensorFlow's own reading and writing of it."""

import contextlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tensorflow.core.framework import tensor_pb2

from tfgen_serving.protocol.messages import messages
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.protocol.tensors import data_type, from_proto, numpy_dtype, to_proto

DTYPES = (
    *("bool", "float16", "float32", "float64"),
    *("int8", "int16", "int32", "int64"),
    *("uint8", "uint16", "uint32", "uint64"),
)


def ours(theirs: Any) -> Any:
    return messages.TensorProto.FromString(theirs.SerializeToString())


def theirs(proto: Any) -> Any:
    return tensor_pb2.TensorProto.FromString(proto.SerializeToString())


@pytest.mark.parametrize("dtype", DTYPES)
def test_numbers_of_dtypes(dtype: str) -> None:
    number = tf.as_dtype(dtype).as_datatype_enum
    assert (data_type(dtype), numpy_dtype(number)) == (number, np.dtype(dtype))


@pytest.mark.parametrize("dtype", [tf.string, tf.complex64, tf.bfloat16, tf.resource, tf.qint8])
def test_dtypes_without_an_array(dtype: Any) -> None:
    with pytest.raises(StatusError, match=f"Received: DT_{dtype.name.upper()}"):
        numpy_dtype(dtype.as_datatype_enum)
    with pytest.raises(StatusError, match="Received: 999"):
        numpy_dtype(999)


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data())
@settings(deadline=None, database=None, max_examples=25)
def test_both_ways(dtype: str, data: st.DataObject) -> None:
    array = data.draw(hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0, max_side=4)))
    for packed in (False, True):
        np.testing.assert_array_equal(tf.make_ndarray(theirs(to_proto(array, packed=packed))), array)
        np.testing.assert_array_equal(from_proto(to_proto(array, packed=packed), "x"), array)
    found = from_proto(ours(tf.make_tensor_proto(array, shape=array.shape)), "x")
    np.testing.assert_array_equal(found, array)
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    # And TensorFlow's C++, which is what the server reads and writes with.
    content = tf.io.serialize_tensor(array).numpy()
    np.testing.assert_array_equal(from_proto(messages.TensorProto.FromString(content), "x"), array)
    np.testing.assert_array_equal(tf.io.parse_tensor(to_proto(array).SerializeToString(), dtype), array)


@pytest.mark.parametrize("dtype", DTYPES)
def test_unpacked_fields_are_tensorflow_s(dtype: str) -> None:
    array = np.array([[0, 1, 1]]).astype(dtype)
    by_tensorflow = tensor_pb2.TensorProto(dtype=data_type(dtype), tensor_shape=tf.TensorShape([1, 3]).as_proto())
    getattr(by_tensorflow, FIELDS.get(dtype, f"{dtype}_val")).extend(
        array.view(np.uint16).ravel().tolist() if dtype == "float16" else array.ravel().tolist()
    )
    assert theirs(to_proto(array)) == by_tensorflow


FIELDS = {
    "float32": "float_val",
    "float64": "double_val",
    "float16": "half_val",
    **dict.fromkeys(("int8", "int16", "int32", "uint8", "uint16"), "int_val"),
}


@pytest.mark.parametrize(
    ("dtype", "values", "shape", "expected"),
    [
        ("float32", [1.5], [2, 2], [[1.5, 1.5], [1.5, 1.5]]),
        ("float32", [1, 2], [4], [1, 2, 2, 2]),
        ("int8", [-1, 5], [3], [-1, 5, 5]),
        ("bool", [True], [2], [True, True]),
        ("float64", [], [2], [0, 0]),
        ("uint64", [], [0, 3], np.zeros([0, 3])),
        ("int64", [7], [], 7),
    ],
)
def test_values_left_out(dtype: str, values: list[Any], shape: list[int], expected: Any) -> None:
    proto = messages.TensorProto(dtype=data_type(dtype))
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    getattr(proto, FIELDS.get(dtype, f"{dtype}_val")).extend(values)
    found = from_proto(proto, "x")
    np.testing.assert_array_equal(found, np.asarray(expected, dtype))
    assert found.shape == tuple(shape)
    np.testing.assert_array_equal(tf.make_ndarray(theirs(proto)), found)
    np.testing.assert_array_equal(tf.io.parse_tensor(proto.SerializeToString(), dtype), found)  # as the server reads it


def test_a_view_of_bytes_may_be_written_to() -> None:
    assert from_proto(to_proto(np.float32([1, 2]), packed=True), "x").sum() == 3


def malformed(dtype: int, sizes: tuple[int, ...] = (2,), unknown_rank: bool = False, **fields: Any) -> Any:
    proto = messages.TensorProto(dtype=dtype, **fields)
    proto.tensor_shape.unknown_rank = unknown_rank
    for size in sizes:
        proto.tensor_shape.dim.add(size=size)
    return proto


FLOAT, INT8, HALF, UINT8 = (data_type(name) for name in ("float32", "int8", "float16", "uint8"))


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (malformed(0), "dtype must be one of DT_FLOAT"),
        (malformed(7, string_val=[b"a", b"b"]), "Received: DT_STRING"),
        (malformed(FLOAT, unknown_rank=True, float_val=[1, 2]), "unknown_rank"),
        (malformed(FLOAT, (-1,), float_val=[1]), "sizes that an array can have"),
        (malformed(FLOAT, (-1, -1), float_val=[1]), "sizes that an array can have"),
        (malformed(FLOAT, (1,) * 300, float_val=[1]), "sizes that an array can have"),
        (malformed(FLOAT, (0, 2**62)), "sizes that an array can have"),
        (malformed(FLOAT, (2**62, 4, 4, 4), float_val=[1]), "sizes that an array can have"),
        (malformed(FLOAT, (2**20 + 1,), float_val=[1]), "must have 1048577 values"),
        (malformed(FLOAT, (2**30,)), "must have 1073741824 values"),
        (malformed(FLOAT, float_val=[1, 2, 3]), "must have 2 values for shape .* Received: 3"),
        (malformed(FLOAT, (0,), float_val=[1]), "must have 0 values"),
        (malformed(FLOAT, tensor_content=b"1234567"), "must have 8 bytes of tensor_content .* Received: 7"),
        (malformed(FLOAT, (0,), tensor_content=b"1"), "must have 0 bytes"),
        (malformed(INT8, int_val=[1, 128]), "must have values of int8. Received: 1 to 128"),
        (malformed(UINT8, int_val=[-1, 0]), "must have values of uint8"),
        (malformed(HALF, half_val=[70_000, 0]), "must have values of float16"),
        (malformed(HALF, half_val=[-1, 0]), "must have values of float16"),
    ],
)
def test_malformed(proto: Any, message: str) -> None:
    with pytest.raises(StatusError, match=message) as caught:
        from_proto(proto, "x")
    assert caught.value.code is Code.INVALID_ARGUMENT


def test_empty_tensors_of_odd_sizes() -> None:
    assert from_proto(malformed(FLOAT, (0, 2**40)), "x").shape == (0, 2**40)
    for sizes in ((2**40, 0, 2**40), (2**40, 2, 0)):
        with pytest.raises(StatusError, match="sizes that an array can have"):
            from_proto(malformed(FLOAT, sizes), "x")


@given(content=st.binary(max_size=60))
@settings(deadline=None, database=None, max_examples=300)
def test_random_bytes(content: bytes) -> None:
    # Whatever is not read is refused, as one or the other.
    with contextlib.suppress(DecodeError, StatusError):
        from_proto(messages.TensorProto.FromString(content), "x")
