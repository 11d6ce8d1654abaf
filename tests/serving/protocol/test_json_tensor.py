"""JSON values as arrays: what each dtype holds, and the words for what it does not, or is uneven."""

import json
from typing import Any

import numpy as np
import pytest

from tfgen_serving.protocol.json_document import parse_document
from tfgen_serving.protocol.json_tensor import dense_shape, to_array
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.tensors import TensorInfo


def array(text: str, dtype: str = "float32") -> Any:
    info = TensorInfo(name="x", dtype=dtype, shape=(None,))
    return to_array(parse_document(f'{{"value": {text}}}'.encode())["value"], info)


def refusal(text: str, dtype: str = "float32") -> str:
    with pytest.raises(StatusError) as caught:
        array(text, dtype)
    assert caught.value.code is Code.INVALID_ARGUMENT
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "shape"),
    [("1", ()), ("[]", (0,)), ("[[], []]", (2, 0)), ("[[[1, 2]]]", (1, 1, 2)), ("[[1], [2]]", (2, 1))],
)
def test_shapes(text: str, shape: tuple[int, ...]) -> None:
    assert array(text).shape == dense_shape(json.loads(text)) == shape


@pytest.mark.parametrize(
    ("dtype", "fine", "wrong"),
    [
        ("float32", ["1", "-2.5", "NaN", "1e300", "4294967296"], ["true", "null", '"1"', '{"b64": "AA=="}', "{}"]),
        ("float64", ["1", "1e300", "Inf"], ["false", '"NaN"']),
        ("float16", ["1.5"], ["true"]),
        ("int32", ["2147483647", "-2147483648", "-0"], ["2147483648", "-2147483649", "1.0", "1e2", "true", "NaN"]),
        ("int64", ["9223372036854775807", "-9223372036854775808"], ["9223372036854775808", "1" * 400, '"1"']),
        ("int8", ["127", "-128"], ["128", "-129"]),
        ("int16", ["32767"], ["32768"]),
        ("uint8", ["0", "255"], ["-1", "256"]),
        ("uint16", ["65535"], ["65536"]),
        ("uint32", ["4294967295"], ["4294967296", "-1"]),
        ("uint64", ["18446744073709551615"], ["18446744073709551616", "-1"]),
        ("bool", ["true", "false"], ["1", "0", '"true"', "null"]),
    ],
)
def test_values_of_each_dtype(dtype: str, fine: list[str], wrong: list[str]) -> None:
    for text in fine:
        found = array(f"[{text}]", dtype)
        value = {"true": True, "false": False, "NaN": np.nan, "Inf": np.inf}.get(text)
        with np.errstate(over="ignore"):
            expected = np.array([(int if text.lstrip("-").isdigit() else float)(text) if value is None else value])
            np.testing.assert_array_equal(found, expected.astype(dtype))
        assert found.dtype == dtype
    for text in wrong:
        assert "is not of expected type" in refusal(f"[{text}]", dtype)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("true", "JSON Value: true Type: True is not of expected type: float"),
        ("false", "JSON Value: false Type: False is not of expected type: float"),
        ("null", "JSON Value: null Type: Null is not of expected type: float"),
        ('"1"', 'JSON Value: "1" Type: String is not of expected type: float'),
        ('{"b64": "!"}', 'JSON Value: {\n    "b64": "!"\n} Type: Object is not of expected type: float'),
        ('{"a": [1]}', 'JSON Value: {\n    "a": [1]\n} Type: Object is not of expected type: float'),
        ("[1]", "Encountered list at unexpected level: 1 expected < 1"),
    ],
)
def test_a_value_of_another_type(value: str, message: str) -> None:
    assert refusal(f"[1, {value}]") == message


@pytest.mark.parametrize("levels", [33, 300, 900])
@pytest.mark.parametrize("inside", ["1, [2]", '1, "2"', "[], 1"])
def test_deep_and_uneven_tensors(levels: int, inside: str) -> None:
    assert refusal("[" * levels + inside + "]" * levels) == "tensor parsing error: x"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[1, 2], [3]], "Encountered list at unexpected size: 1 at level: 1 expected size: 2"),
        ([[1, 2], 3], "JSON Value: 3 found at incorrect level: 2 in the JSON DOM. Expected at level: 2"),
        ([1, [2]], "Encountered list at unexpected level: 1 expected < 1"),
        ([[], [1]], "Encountered list at unexpected size: 1 at level: 1 expected size: 0"),
        ([[], 1], "JSON Value: 1 found at incorrect level: 2 in the JSON DOM. Expected at level: 2"),
        ([[[1]], [[1, 2]]], "Encountered list at unexpected size: 2 at level: 2 expected size: 1"),
        ([[[1]], [1]], "JSON Value: 1 found at incorrect level: 3 in the JSON DOM. Expected at level: 3"),
    ],
)
def test_uneven_tensors(value: Any, message: str) -> None:
    assert refusal(json.dumps(value)) == message
