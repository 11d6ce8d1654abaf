"""Arrow's columns as floating numbers, NaN where a cell holds none, and what to say of such a cell."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.tables.arrow import arrow

__all__ = ["from_lists", "from_numbers", "is_list", "is_number", "is_text", "tell"]

_NUMBER = r"^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_LONGEST = 40  # characters of a cell that a message shows


def is_number(kind: Any) -> bool:
    """Returns whether a column of the Arrow type holds numbers, so that it may be one of a model's by default."""
    types = arrow().types
    numbers = (types.is_integer, types.is_floating, types.is_decimal, types.is_boolean)
    return any(is_one(kind) for is_one in numbers)


def is_text(kind: Any) -> bool:
    """Returns whether a column of the Arrow type holds text."""
    types = arrow().types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def is_list(kind: Any) -> bool:
    """Returns whether a column of the Arrow type holds lists of numbers, each of them a whole event."""
    types = arrow().types
    lists = types.is_fixed_size_list(kind) or types.is_list(kind) or types.is_large_list(kind)
    return bool(lists and is_number(kind.value_type))


def from_numbers(column: Any) -> NDArray[Any]:
    """Returns a column of numbers, or of text that may be numbers, as ``[rows]`` floats or integers.

    Args:
        column: A `pyarrow.Array`.

    Returns:
        NaN for a null and for text that is not a number.

    Example:
        >>> import pyarrow
        >>> from_numbers(pyarrow.array(["1.5", " 2 ", "three", None])).tolist()
        [1.5, 2.0, nan, nan]
    """
    pa = arrow()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if is_text(column.type):
        column = _from_text(column)
    elif column.null_count or not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        column = column.cast(pa.float64(), safe=False)
    array: NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return array


def _from_text(column: Any) -> Any:
    pa, compute = arrow(), arrow("pyarrow.compute")
    try:
        return column.cast(pa.float64())
    except pa.ArrowInvalid:  # one cell is enough; which one it is the error does not tell
        trimmed = compute.utf8_ltrim(compute.utf8_trim_whitespace(column), characters="+")
        fits = compute.match_substring_regex(trimmed, _NUMBER)
        return compute.if_else(fits, trimmed, pa.scalar(None, trimmed.type)).cast(pa.float64())


def from_lists(column: Any, width: int) -> NDArray[Any]:
    """Returns a column of lists as ``[rows, width]``, NaN in a row whose list is null or has another length.

    Example:
        >>> import pyarrow
        >>> from_lists(pyarrow.array([[1.0, 2.0], [3.0], None]), 2).tolist()
        [[1.0, 2.0], [nan, nan], [nan, nan]]
    """
    compute = arrow("pyarrow.compute")
    fits = compute.equal(compute.list_value_length(column), width).fill_null(False)
    whole = np.asarray(fits.to_numpy(zero_copy_only=False), bool)
    numbers = from_numbers(column.filter(fits).flatten()).reshape(-1, width)
    if whole.all():
        return numbers
    rows = np.full((len(column), width), np.nan)
    rows[whole] = numbers
    return rows


def tell(name: str, column: Any, row: int, entry: int, *, width: int, dtype: str) -> str:
    """Returns why a cell is no finite number of the dtype, in words.

    Args:
        name: The column's name.
        column: A `pyarrow.Array`.
        row: The row in it.
        entry: For a column of lists, the entry in the list.
        width: How many entries a list should have.
        dtype: What the numbers become.

    Example:
        >>> import pyarrow
        >>> tell("age", pyarrow.array(["12", "twelve"]), 1, 0, width=1, dtype="float32")
        "column 'age' must be a number. Received: 'twelve'"
    """
    value = column[row].as_py()
    if is_list(column.type) and value is not None:
        if len(value) != width:
            return f"column {name!r} must hold {width} numbers. Received: {len(value)}"
        name, value = f"{name}[{entry}]", value[entry]
    if isinstance(value, str):
        shown = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
        number = _as_float(value)
        if number is None:
            return f"column {name!r} must be a number. Received: {shown!r}"
        value = number
    if value is None:
        return f"column {name!r} must be a number. Received: null"
    if not math.isfinite(value):
        return f"column {name!r} must be finite. Received: {float(value)}"
    return f"column {name!r} must fit {dtype}. Received: {value}"


def _as_float(text: str) -> float | None:
    if "_" in text or not text.isascii():  # which Python reads as numbers, and Arrow does not
        return None
    try:
        return float(text)
    except ValueError:
        return None
