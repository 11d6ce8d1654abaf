"""Answers to the space as RapidJSON's pretty writer lays them out, and numbers that read back bit for bit."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfgen_serving.protocol.json_response import error_body, predict_body
from tfgen_serving.protocol.status import Code, StatusError


@pytest.mark.parametrize(
    ("outputs", "text"),
    [
        ({"a": np.float32([1.5, -2])}, '{\n    "predictions": [1.5, -2.0\n    ]\n}'),
        ({"a": np.float32([[1, 2], [3, 4]])}, '{\n    "predictions": [[1.0, 2.0], [3.0, 4.0]\n    ]\n}'),
        ({"a": np.int32([[[1], [2]]])}, '{\n    "predictions": [[[1], [2]]\n    ]\n}'),
        ({"a": np.zeros([2, 0], np.float32)}, '{\n    "predictions": [[], []\n    ]\n}'),
        ({"a": np.zeros([0, 2], np.float32)}, '{\n    "predictions": []\n}'),
        ({"a": np.zeros([0], bool), "b": np.zeros([0])}, '{\n    "predictions": []\n}'),
        ({"a": np.array([True, False])}, '{\n    "predictions": [true, false\n    ]\n}'),
        (
            {"z": np.float32([[1, 2], [3, 4]]), "a": np.int64([5, 6])},
            '{\n    "predictions": [\n        {\n            "a": 5,\n            "z": [1.0, 2.0]\n        },\n'
            '        {\n            "a": 6,\n            "z": [3.0, 4.0]\n        }\n    ]\n}',
        ),
    ],
)
def test_rows(outputs: dict[str, Any], text: str) -> None:
    assert predict_body(outputs, "row") == text


@pytest.mark.parametrize(
    ("outputs", "text"),
    [
        ({"a": np.float32([1.5])}, '{\n    "outputs": [\n        1.5\n    ]\n}'),
        ({"a": np.float32(1.5)}, '{\n    "outputs": 1.5\n}'),
        (
            {"a": np.uint8([[1, 2]])},
            '{\n    "outputs": [\n        [\n            1,\n            2\n        ]\n    ]\n}',
        ),
        ({"a": np.zeros([0, 2])}, '{\n    "outputs": []\n}'),
        ({"a": np.zeros([1, 0])}, '{\n    "outputs": [\n        []\n    ]\n}'),
        (
            {"b": np.array([True]), "a": np.float64([])},
            '{\n    "outputs": {\n        "a": [],\n        "b": [\n            true\n        ]\n    }\n}',
        ),
    ],
)
def test_columns(outputs: dict[str, Any], text: str) -> None:
    assert predict_body(outputs, "columnar") == text


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({"a": np.float32(1)}, "Tensor name: a has no shape information "),
        (
            {"a": np.zeros(2), "b": np.zeros(3)},
            "Tensor name: b has inconsistent batch size: 3 expecting: 2",
        ),
    ],
)
def test_what_has_no_rows(outputs: dict[str, Any], message: str) -> None:
    with pytest.raises(StatusError) as caught:
        predict_body(outputs, "row")
    assert (caught.value.code, caught.value.message) == (Code.INVALID_ARGUMENT, message)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (9000000, "9e+06"),
        (999999, "999999.0"),
        (0.5, "0.5"),
        (0.0003, "0.0003"),
        (0.00003, "3e-05"),
        (555557.5, "555557.5"),
        (0.1, "0.1"),
        (16777216, "16777216.0"),
        (1 / 3, "0.333333343"),
        (3.4028234663852886e38, "3.40282347e+38"),
        (1e-45, "1.4013e-45"),
        (-0.0, "-0.0"),
        (np.nan, "NaN"),
        (np.inf, "Infinity"),
        (-np.inf, "-Infinity"),
    ],
)
def test_float32(value: float, text: str) -> None:
    assert predict_body({"a": np.float32(value)}, "columnar") == f'{{\n    "outputs": {text}\n}}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float64(1 / 3), "0.33333333333333331"),
        (np.float64(0.1), "0.1"),
        (np.float16(0.1), "0.0999756"),
        (np.int64(-(2**63)), "-9223372036854775808"),
        (np.uint64(2**64 - 1), "18446744073709551615"),
        (np.int8(-128), "-128"),
        (np.bool_(True), "true"),
    ],
)
def test_other_dtypes(value: Any, text: str) -> None:
    assert predict_body({"a": np.asarray(value)}, "columnar") == f'{{\n    "outputs": {text}\n}}'


@given(values=st.lists(st.floats(width=32), min_size=1, max_size=20))
@example(values=[3.4028234663852886e38, 1.401298464324817e-45, 1.17549435e-38])
@settings(deadline=None, database=None, max_examples=300)
def test_every_float32_reads_back(values: list[float]) -> None:
    array = np.float32(values)
    found = json.loads(predict_body({"a": array}, "row"))["predictions"]
    assert all(type(each) is float for each in found)
    np.testing.assert_array_equal(np.float32(found), array)
    assert np.array_equal(np.signbit(np.float32(found)), np.signbit(array)) or np.isnan(array).any()


@given(values=st.lists(st.floats(), min_size=1, max_size=20))
@settings(deadline=None, database=None, max_examples=300)
def test_every_float64_reads_back(values: list[float]) -> None:
    found = json.loads(predict_body({"a": np.float64(values)}, "columnar"))["outputs"]
    np.testing.assert_array_equal(found, values)


def test_random_bits_read_back() -> None:
    rng = np.random.default_rng(0)
    for bits, dtype in ((np.uint32, np.float32), (np.uint64, np.float64), (np.uint16, np.float16)):
        array = rng.integers(0, np.iinfo(bits).max, 20_000, bits, endpoint=True).view(dtype)
        found = np.array(json.loads(predict_body({"a": array}, "row"))["predictions"]).astype(dtype)
        np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("shape", [(70_000,), (3, 70_000), (70_000, 3), (10, 100, 101)])
def test_what_is_written_in_blocks(shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape)).reshape(shape)
    rows = predict_body({"a": array}, "row")
    assert rows == f'{{\n    "predictions": {json.dumps(array.tolist())[:-1]}\n    ]\n}}'
    assert predict_body({"a": array}, "columnar") == json.dumps({"outputs": array.tolist()}, indent=4)
    flags = array.reshape(len(array), -1)[:, 0] % 2 == 0
    objects = [{"a": a, "b": b} for a, b in zip(array.tolist(), flags.tolist(), strict=True)]
    assert json.loads(predict_body({"b": flags, "a": array}, "row"))["predictions"] == objects
    assert predict_body({"a": array, "b": array[:1]}, "columnar") == json.dumps(
        {"outputs": {"a": array.tolist(), "b": array[:1].tolist()}}, indent=4
    )


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("plain", '"plain"'),
        ('a "name" \\ and\nlines\t', '"a \\"name\\" \\\\ and\\nlines\\t"'),
        ("\x00\x1f\x7f/é😀", '"\\u0000\\u001F\x7f/é😀"'),
        ("\\u001f", '"\\\\u001f"'),
    ],
)
def test_errors(message: str, text: str) -> None:
    assert error_body(message) == f'{{\n    "error": {text}\n}}'
    assert json.loads(error_body(message)) == {"error": message}
