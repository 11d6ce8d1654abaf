"""What callers may pass, and the words with which the rest is refused."""

import re
import warnings
from typing import Any

import numpy as np
import pytest

from tfgen_serving import EndpointInfo, InputError, TensorInfo
from tfgen_serving.inputs import as_integer, as_rows, as_seed, check_inputs


def info(dtype: str = "float32", *shape: int | None) -> TensorInfo:
    return TensorInfo(name="x", dtype=dtype, shape=(None, *shape))


@pytest.fixture
def endpoint() -> EndpointInfo:
    tensors = (info("float32", 2), TensorInfo(name="context", dtype="float32", shape=(None, 1)))
    return EndpointInfo(name="score", inputs=tensors, outputs=(info(),), onnx="onnx/score.onnx")


def masked(mask: bool) -> Any:
    made: Any = np.ma  # NumPy does not type its masked arrays
    return made.array([[1.0, 2.0]], mask=[[mask, False]])


@pytest.mark.parametrize(
    ("dtype", "value", "wanted"),
    [
        ("float32", [[1, 2]], [[1.0, 2.0]]),
        ("float32", np.array([[0.1, 2.0]], np.float64), [[np.float32(0.1), 2.0]]),
        ("float32", np.array([[1.5, 2.0]], np.float16), [[1.5, 2.0]]),
        ("float32", np.array([[True, False]]), [[1.0, 0.0]]),
        ("float64", np.array([[2**40, 3]], np.uint64), [[2.0**40, 3.0]]),
        ("int32", np.array([[2**31 - 1, -(2**31)]], np.int64), [[2**31 - 1, -(2**31)]]),
        ("uint8", np.array([[0, 255]], np.int64), [[0, 255]]),
        ("bool", np.array([[0, 1]]), [[False, True]]),
        ("float32", masked(False), [[1.0, 2.0]]),
    ],
)
def test_values_that_fit_are_cast(dtype: str, value: Any, wanted: Any) -> None:
    cast = as_rows(info(dtype, 2), value)
    assert cast.dtype == np.dtype(dtype)
    assert cast.flags.c_contiguous
    np.testing.assert_array_equal(cast, np.array(wanted, dtype))


@pytest.mark.parametrize(
    ("dtype", "value", "message"),
    [
        ("int32", [[0.0, 1.0]], r"x must be integers that fit int32\. Received: dtype float64"),
        ("int32", [[0, 2**31]], r"x must be numbers that fit int32\. Received: from 0 to 2147483648"),
        ("int64", np.array([[0, 2**63]], np.uint64), r"x must be numbers that fit int64"),
        ("uint8", [[0, -1]], r"x must be numbers that fit uint8\. Received: from -1 to 0"),
        ("bool", [[0, 2]], r"x must be numbers that fit bool\. Received: from 0 to 2"),
        ("float32", [[0.0, 1e39]], r"x must be numbers that fit float32\. Received: from 0\.0 to 1e\+39"),
        ("float16", [[0, 70000]], r"x must be numbers that fit float16\. Received: from 0 to 70000"),
        ("float32", [["a", "b"]], r"x must be numbers that fit float32\. Received: dtype <U1"),
        ("float32", [[1 + 2j, 0]], r"x must be numbers that fit float32\. Received: dtype complex128"),
        ("float32", [[1, None]], r"x must be numbers that fit float32\. Received: dtype object"),
        ("float32", [[1, 2], [3]], r"x must be one array of numbers \(.*\)\. Received: list"),
        ("float32", [1, 2], r"x must have shape \[batch, 2\]\. Received: shape \(2,\)"),
        ("float32", [[1, 2, 3]], r"x must have shape \[batch, 2\]\. Received: shape \(1, 3\)"),
        ("float32", [[[1, 2]]], r"x must have shape \[batch, 2\]\. Received: shape \(1, 1, 2\)"),
        ("float32", np.zeros([0, 2]), r"x must have at least one row, .*\. Received: shape \(0, 2\)"),
        ("float32", [[0, 1], [2, np.nan]], r"x must be finite: .*\. Received: .*nan.* in row 1"),
        ("float32", [[0, 1], [-np.inf, 2]], r"x must be finite: .*\. Received: .*inf.* in row 1"),
        ("float32", masked(True), r"x must have no masked entries"),
    ],
)
def test_values_that_do_not_fit_are_refused(dtype: str, value: Any, message: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match="^" + message):
            as_rows(info(dtype, 2), value)


def test_the_order_in_memory_does_not_matter() -> None:
    value = np.asfortranarray(np.arange(6.0).reshape(3, 2))
    cast = as_rows(info("float64", 2), value)
    assert cast.flags.c_contiguous
    np.testing.assert_array_equal(cast, value)


def test_free_sizes_take_any_size_but_none() -> None:
    assert as_rows(info("float32", None, 2), np.zeros([3, 5, 2])).shape == (3, 5, 2)
    with pytest.raises(InputError, match=r"x must have shape \[batch, \?, 2\]\. Received: shape \(3, 5, 1\)"):
        as_rows(info("float32", None, 2), np.zeros([3, 5, 1]))
    with pytest.raises(InputError, match=r"none of them empty\. Received: shape \(3, 0, 2\)"):
        as_rows(info("float32", None, 2), np.zeros([3, 0, 2]))


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"x": [[0, 0]]}, "context must be given to endpoint 'score': float32 [batch, 1]. Received: x"),
        ({"x": [[0, 0]], "context": None}, "context must be given to endpoint 'score'"),
        ({}, "x must be given to endpoint 'score': float32 [batch, 2]. Received: no input"),
        (
            {"x": [[0, 0]], "context": [[0]], "y": [[0]]},
            "y must not be given: endpoint 'score' takes x, context. Received: list",
        ),
        (
            {"x": np.zeros([5, 2]), "context": np.zeros([1, 1])},
            "context must have 5 rows, as x has. Received: 1 rows",
        ),
    ],
)
def test_names_and_rows_must_agree(endpoint: EndpointInfo, inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match="^" + re.escape(message)):
        check_inputs(endpoint, inputs)


def test_checked_inputs_keep_names_and_values(endpoint: EndpointInfo) -> None:
    arrays = check_inputs(endpoint, {"context": [[3]], "x": [[1, 2]]})
    assert {name: array.tolist() for name, array in arrays.items()} == {"x": [[1.0, 2.0]], "context": [[3.0]]}


@pytest.mark.parametrize("value", [0, -1, 1.0, "1", None, True, np.True_, np.float64(2)])
def test_integers_that_are_not_positive_ones(value: Any) -> None:
    with pytest.raises(InputError, match=r"^n must be an integer of at least 1\. Received: "):
        as_integer("n", value, minimum=1)


def test_integers_of_any_integer_type() -> None:
    assert as_integer("n", np.int64(3), minimum=1) == 3
    assert [as_seed(seed) for seed in (2**31 - 1, np.int32(-(2**31)))] == [2**31 - 1, -(2**31)]


@pytest.mark.parametrize("seed", [2**31, -(2**31) - 1, 0.5, False, None, [1, 2]])
def test_seeds_outside_int32(seed: Any) -> None:
    with pytest.raises(InputError, match=r"^seed must be an integer in -2147483648\.\.2147483647\. Received: "):
        as_seed(seed)
