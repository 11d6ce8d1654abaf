"""Arrow's columns as numbers."""

import decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfgen_serving.tables.numbers import from_lists, from_numbers, is_list, is_number, tell

NAN = float("nan")


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([1.5, None, NAN], pa.float32()), [1.5, NAN, NAN]),
        (pa.array([1.5, 2.0], pa.float16()), [1.5, 2.0]),
        (pa.array([3, None, -(2**62)]), [3.0, NAN, -(2.0**62)]),
        (pa.array([0, 255], pa.uint8()), [0, 255]),
        (pa.array([True, None, False]), [1.0, NAN, 0.0]),
        (pa.array([decimal.Decimal("1.25"), None]), [1.25, NAN]),
        (pa.array([1.5, None, 1.5]).dictionary_encode(), [1.5, NAN, 1.5]),
        (pa.array(["1", "x"]).dictionary_encode(), [1.0, NAN]),
        (pa.array(["1e3", "-.5", "2."], pa.large_string()), [1000.0, -0.5, 2.0]),
        (pa.array([None, None], pa.null()), [NAN, NAN]),
        (pa.array([0.0, 1.0, 2.0, 3.0])[1:3], [1.0, 2.0]),
    ],
    ids=str,
)
def test_numbers_of_each_type(column: Any, expected: list[float]) -> None:
    np.testing.assert_array_equal(from_numbers(column), expected)


# Of these some are read by Arrow at once; beside the last one all go the longer way.
WORDS = [
    "1",
    "-2.50",
    " 3 ",
    "+4",
    "1e5",
    "1E-5",
    ".5",
    "5.",
    "1e999",
    "",
    " ",
    "x",
    "1,5",
    "0x1",
    "1_0",
    "--1",
    "1e",
    "٣",
    "1 2",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=20))
def test_text_is_a_number_wherever_it_stands(words: list[str]) -> None:
    plain = {
        "1,5": NAN,
        "0x1": NAN,
        "1_0": NAN,
        "--1": NAN,
        "1e": NAN,
        "٣": NAN,
        "1 2": NAN,
        "x": NAN,
        "": NAN,
        " ": NAN,
    }
    expected = [plain[word] if word in plain else float(word) for word in words]
    np.testing.assert_array_equal(from_numbers(pa.array(words, pa.string())), expected)


@settings(deadline=None)
@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1))
def test_text_of_a_float_is_that_float(numbers: list[float]) -> None:
    column = pa.array([repr(number) for number in numbers])
    np.testing.assert_array_equal(from_numbers(column), numbers)


@pytest.mark.parametrize("kind", [pa.list_(pa.float32()), pa.large_list(pa.float64()), pa.list_(pa.int16())], ids=str)
def test_lists(kind: Any) -> None:
    column = pa.array([[1, 2], None, [3, 4], [5], [], [6, 7, 8], [9, None]], kind)
    wanted = np.array([[1, 2], [NAN] * 2, [3, 4], [NAN] * 2, [NAN] * 2, [NAN] * 2, [9, NAN]])
    np.testing.assert_array_equal(from_lists(column, 2), wanted)
    np.testing.assert_array_equal(from_lists(column[2:5], 2), wanted[2:5])
    np.testing.assert_array_equal(from_lists(column[:1], 2), wanted[:1])


def test_lists_of_a_fixed_size() -> None:
    column = pa.array([[1, 2], None, [3, 4]], pa.list_(pa.float32(), 2))
    np.testing.assert_array_equal(from_lists(column, 2), [[1, 2], [NAN, NAN], [3, 4]])
    np.testing.assert_array_equal(from_lists(column[2:], 2), [[3, 4]])
    np.testing.assert_array_equal(from_lists(column, 3), np.full((3, 3), NAN))


def test_which_types_are_numbers() -> None:
    assert all(map(is_number, (pa.int8(), pa.float16(), pa.bool_(), pa.decimal128(5, 2))))
    assert not any(map(is_number, (pa.string(), pa.timestamp("s"), pa.null(), pa.list_(pa.int8()))))
    assert all(map(is_list, (pa.list_(pa.int8()), pa.list_(pa.float32(), 3), pa.large_list(pa.float64()))))
    assert not any(map(is_list, (pa.list_(pa.string()), pa.float32(), pa.list_(pa.list_(pa.int8())))))


@pytest.mark.parametrize(
    ("column", "entry", "told"),
    [
        (pa.array([None], pa.float64()), 0, "column 'c' must be a number. Received: null"),
        (pa.array([NAN]), 0, "column 'c' must be finite. Received: nan"),
        (pa.array([1e300]), 0, "column 'c' must fit float32. Received: 1e+300"),
        (pa.array(["1e300"]), 0, "column 'c' must fit float32. Received: 1e+300"),
        (pa.array(["-inf"]), 0, "column 'c' must be finite. Received: -inf"),
        (pa.array([""]), 0, "column 'c' must be a number. Received: ''"),
        (pa.array(["1_0"]), 0, "column 'c' must be a number. Received: '1_0'"),
        (pa.array(["y" * 99]), 0, f"column 'c' must be a number. Received: '{'y' * 40}…'"),
        (pa.array([[1.0]]), 0, "column 'c' must hold 2 numbers. Received: 1"),
        (pa.array([None], pa.list_(pa.float64())), 0, "column 'c' must be a number. Received: null"),
        (pa.array([[1.0, NAN]]), 1, "column 'c[1]' must be finite. Received: nan"),
    ],
)
def test_what_is_wrong_is_told(column: Any, entry: int, told: str) -> None:
    assert tell("c", column, 0, entry, width=2, dtype="float32") == told
