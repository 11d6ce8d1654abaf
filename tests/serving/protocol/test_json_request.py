"""Predict bodies by TensorFlow Serving's rules: rows and columns to arrays, and its words for what it refuses."""

import json
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfgen_serving.protocol.json_request import JsonBody, JsonRequest
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.tensors import TensorInfo


def info(name: str = "x", dtype: str = "float32", *sizes: int | None) -> TensorInfo:
    return TensorInfo(name=name, dtype=dtype, shape=(None, *sizes))


X, Y = info(), info("y", "int32")


def parse(body: Any, *infos: TensorInfo, max_rows: int = 1000) -> JsonRequest:
    text = body if isinstance(body, str) else json.dumps(body)
    return JsonBody(text.encode()).request(infos or (X,), max_rows=max_rows)


def refusal(body: Any, *infos: TensorInfo) -> str:
    with pytest.raises(StatusError) as caught:
        parse(body, *infos)
    assert caught.value.code is Code.INVALID_ARGUMENT
    return caught.value.message


@pytest.mark.parametrize(
    ("body", "inputs", "form"),
    [
        ({"instances": [1, 2.5]}, {"x": [1, 2.5]}, "row"),
        ({"instances": [[1, 2], [3, 4]]}, {"x": [[1, 2], [3, 4]]}, "row"),
        ({"instances": [[], []]}, {"x": [[], []]}, "row"),
        ({"instances": [[[1], [2]]]}, {"x": [[[1], [2]]]}, "row"),
        ({"instances": [{"x": [1, 2]}, {"x": [3, 4]}]}, {"x": [[1, 2], [3, 4]]}, "row"),
        ({"instances": [{"x": 5}]}, {"x": [5]}, "row"),
        ({"inputs": [[1, 2], [3, 4]]}, {"x": [[1, 2], [3, 4]]}, "columnar"),
        ({"inputs": {"x": [[1, 2]]}}, {"x": [[1, 2]]}, "columnar"),
        ({"inputs": {"x": [1], "other": "passed over"}}, {"x": [1]}, "columnar"),
        ({"inputs": 5}, {"x": 5}, "columnar"),
        ({"inputs": []}, {"x": []}, "columnar"),
        ({"instances": [1], "whatever": {"b64": 1}}, {"x": [1]}, "row"),
        ('{"instances": [1, Inf, -Infinity]}', {"x": [1, np.inf, -np.inf]}, "row"),
        ('{"inputs": [1], "inputs": [2]}', {"x": [1]}, "columnar"),
        ('{"inputs": {"x": [1], "x": [2]}}', {"x": [1]}, "columnar"),
        ('{"instances": [1]} and more', {"x": [1]}, "row"),
    ],
)
def test_one_input(body: Any, inputs: dict[str, Any], form: str) -> None:
    request = parse(body)
    assert request.format == form
    assert {name: value.tolist() for name, value in request.inputs.items()} == inputs
    assert request.inputs["x"].dtype == np.float32


@pytest.mark.parametrize(
    ("body", "form"),
    [
        ({"instances": [{"x": [1, 2], "y": 3}, {"y": 4, "x": [5, 6]}]}, "row"),
        ({"inputs": {"x": [[1, 2], [5, 6]], "y": [3, 4]}}, "columnar"),
    ],
)
def test_several_inputs(body: Any, form: str) -> None:
    request = parse(body, X, Y)
    assert request.format == form
    np.testing.assert_array_equal(request.inputs["x"], np.float32([[1, 2], [5, 6]]))
    np.testing.assert_array_equal(request.inputs["y"], np.int32([3, 4]))
    assert request.inputs["y"].dtype == np.int32


def test_the_signature_s_name() -> None:
    assert JsonBody(b'{"instances": [1]}').signature_name == ""
    assert JsonBody(b'{"instances": [1], "signature_name": "encode"}').signature_name == "encode"
    assert JsonBody(b'{"signature_name": "a", "signature_name": "b"}').signature_name == "a"


@pytest.mark.parametrize("name", [5, None, ["score"], {"b64": "c2NvcmU="}])
def test_a_signature_s_name_that_is_no_string(name: Any) -> None:
    with pytest.raises(StatusError, match=r"not formatted correctly\. 'signature_name' key must be a string value\.$"):
        JsonBody(json.dumps({"signature_name": name}).encode())


FAILED = "Failed to process element: {} of 'instances' list. Error: INVALID_ARGUMENT: "


@pytest.mark.parametrize(
    ("instances", "message"),
    [
        ([[1, 2], [3, 4], [5, 6, 7]], FAILED.format(2) + "Expecting tensor size: 2 but got: 3"),
        ([[1, 2], [3, 4], [[5, 6]]], FAILED.format(2) + "Expecting shape [2] but got: [1,2]"),
        ([1, [1]], FAILED.format(1) + "Expecting shape [] but got: [1]"),
        ([[], [[]]], FAILED.format(1) + "Expecting shape [0] but got: [1,0]"),
        ([[1], ["a"]], FAILED.format(1) + 'JSON Value: "a" Type: String is not of expected type: float'),
        (
            [[[1], 2]],
            FAILED.format(0) + "JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2",
        ),
        ([[1, "a"], {"x": 1}], FAILED.format(0) + 'JSON Value: "a" Type: String is not of expected type: float'),
        ([[1, 2], {"x": 1}], "Expecting value/list but got object at item 1 of input list"),
        ([{"x": 1}, [1]], "Expecting object but got list at item 1 of input list"),
        ([{"x": 1}, {"b64": "AA=="}], "Expecting object but got list at item 1 of input list"),
        (
            [{"b64": "AA=="}],
            FAILED.format(0) + 'JSON Value: {\n    "b64": "AA=="\n} Type: Object is not of expected type: float',
        ),
    ],
)
def test_uneven_rows(instances: Any, message: str) -> None:
    assert refusal({"instances": instances}) == message


@pytest.mark.parametrize(
    ("instances", "message"),
    [
        ([1, 2], "instances is a plain list, but expecting list of objects as multiple input tensors required as per "),
        (
            [{"x": 1, "y": 1}, {"x": 1}],
            "Failed to process element: 1 of 'instances' list. JSON object: {\n    \"x\": 1\n}",
        ),
        ([{}], "Failed to process element: 0 of 'instances' list. JSON object: {} keys must be equal to: x,y"),
        (
            [{"z": "what", "x": "wrong"}],
            "Failed to process element: 0 key: z of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does not "
            "have named input: z",
        ),
        (
            [{"x": 1, "y": 1.5}],
            "Failed to process element: 0 key: y of 'instances' list. Error: INVALID_ARGUMENT: JSON Value: 1.5 Type: "
            "Number is not of expected type: int32",
        ),
        (
            [{"x": [1], "y": 1}, {"y": [1], "x": [1, 2]}],
            "Failed to process element: 1 key: y of 'instances' list. Error: INVALID_ARGUMENT: Expecting shape [] but "
            "got: [1]",
        ),
        (
            [{"x": 1, "y": 1}, {"x": "a", "y": 1}, {"x": 1, "y": "a"}],
            "Failed to process element: 1 key: x of 'instances' list. Error: INVALID_ARGUMENT: JSON Value: \"a\" ",
        ),
    ],
)
def test_rows_of_several_inputs(instances: Any, message: str) -> None:
    assert refusal({"instances": instances}, X, Y).startswith(message)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([1], "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "),
        ({"b64": "AA=="}, "inputs is a plain value/list, but expecting an object as multiple input tensors required "),
        ({"x": [1]}, "Missing named input: y in 'inputs' object."),
        ({}, "Missing named input: x in 'inputs' object."),
    ],
)
def test_columns_of_several_inputs(inputs: Any, message: str) -> None:
    assert refusal({"inputs": inputs}, X, Y).startswith(message)


def test_keys() -> None:
    both = {"instances": [1], "inputs": [1]}
    shown = '{\n    "instances": [1],\n    "inputs": [1]\n}'
    assert refusal(both) == (
        f"JSON Value: {shown} Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist "
    )
    assert refusal({"instances": 5}) == (
        "JSON Value: {\n    \"instances\": 5\n} Expecting 'instances' to be an list/array"
    )
    assert refusal({"instances": []}) == "JSON Value: {\n    \"instances\": []\n} No values in 'instances' array"
    assert refusal({"signature_name": "score"}) == "Missing 'inputs' or 'instances' key"


def test_a_name_that_stands_twice_in_a_row() -> None:
    message = refusal('{"instances": [{"x": [1, 2], "x": [3, 4]}, {"x": [5, 6]}]}')
    assert message.startswith("Failed to process element: 0 of 'instances' list. JSON object: ")
    assert message.endswith("names must not be repeated")


@pytest.mark.parametrize("number", ["1e309", "-1e400", "9" * 299 + "e20", "9" * 210 + "E+99", "9" * 400])
def test_numbers_without_a_double(number: str) -> None:
    assert refusal(f'{{"inputs": [{number}]}}') == (
        "JSON Parse error: Number too big to be stored in double. at offset: 12"
        if "e" in number.lower()
        else "JSON Parse error: Number too big to be stored in double."
    )


def test_too_many_rows() -> None:
    with pytest.raises(StatusError, match=r"^a request must have at most 3 rows\. Received: 4$"):
        parse({"instances": [1, 2, 3, 4]}, max_rows=3)


def test_too_many_dimensions() -> None:
    assert refusal(f'{{"inputs": {"[" * 300}1{"]" * 300}}}') == "tensor parsing error: x"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{}", "JSON Value: {} When method is classify, key 'examples' is expected and was not found"),
        ('{"examples": 1}', "JSON Value: {\n    \"examples\": 1\n} Expecting 'examples' value to be an list/array"),
        ('{"examples": []}', "JSON Value: {\n    \"examples\": []\n} 'examples' value is an empty array"),
    ],
)
def test_bodies_of_other_methods(body: str, message: str) -> None:
    with pytest.raises(StatusError) as caught:
        JsonBody(body.encode()).check_examples()
    assert caught.value.message == message


@given(
    value=st.lists(st.lists(st.floats(width=32), min_size=3, max_size=3), min_size=1, max_size=5),
    form=st.sampled_from(["instances", "inputs"]),
    named=st.booleans(),
)
@settings(deadline=None, database=None, max_examples=100)
def test_every_float_arrives(value: list[list[float]], form: str, named: bool) -> None:
    body: Any = value
    if named:
        body = {"x": value} if form == "inputs" else [{"x": row} for row in value]
    np.testing.assert_array_equal(parse({form: body}).inputs["x"], np.float32(value))


@pytest.mark.parametrize("named", [False, True])
def test_a_hundred_thousand_rows(named: bool) -> None:
    x = np.random.default_rng(0).normal(size=(100_000, 10)).astype(np.float32)
    rows = np.round(x.astype(np.float64), 6).tolist()
    body = json.dumps({"instances": [{"x": row} for row in rows] if named else rows}).encode()
    start = time.perf_counter()
    found = JsonBody(body).request((X,), max_rows=len(x)).inputs["x"]
    assert time.perf_counter() - start < 5  # about 0.3 s where nothing else runs
    np.testing.assert_allclose(found, x, atol=1e-6)


def test_the_reason_is_found_in_a_large_body() -> None:
    rows: list[Any] = [[0.5] * 10] * 100_000
    start = time.perf_counter()
    message = refusal({"inputs": [*rows, [0.5] * 9 + ["a"]]})
    assert message == 'JSON Value: "a" Type: String is not of expected type: float'
    assert time.perf_counter() - start < 10
