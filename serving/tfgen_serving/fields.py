"""Checks of a manifest's fields, and the place in the file that their errors name."""

import json
import operator
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

from tfgen_serving.errors import BundleError

__all__ = [
    "as_count",
    "as_seed_row",
    "as_shape",
    "check_path",
    "check_sha256",
    "check_text",
    "expect",
    "fields_of",
    "parse_object",
    "within",
]


def expect(condition: bool, field: str, expected: str, received: object) -> None:
    """Raises BundleError "`field` must be `expected`" unless `condition` holds."""
    if not condition:
        raise BundleError(f"{field} must be {expected}. Received: {received!r}")


@contextmanager
def within(prefix: str) -> Iterator[None]:
    """Puts `prefix` before the message of a BundleError raised inside.

    A check knows its field and not what holds it, so that the writer and the reader share it; each level on
    the way up adds its own part: ``dtype`` becomes ``inputs[0].dtype``, then
    ``endpoints.score.inputs[0].dtype``.

    Example:
        >>> with within("manifest.json: "):
        ...     expect(False, "noise_layout", "an integer", "two")
        Traceback (most recent call last):
        tfgen_serving.errors.BundleError: manifest.json: noise_layout must be an integer. Received: 'two'
    """
    try:
        yield
    except BundleError as error:
        raise BundleError(f"{prefix}{error}") from error.__cause__


def check_text(field: str, value: object) -> None:
    """Raises BundleError unless `value` is a string with something in it."""
    expect(isinstance(value, str) and bool(value.strip()), field, "a non-empty string", value)


def as_count(field: str, value: Any, *, minimum: int) -> int:
    """Returns an integer of at least `minimum`, from any integer type but bool."""
    expected = f"an integer of at least {minimum}"
    expect(not isinstance(value, bool), field, expected, value)
    try:
        count = operator.index(value)
    except TypeError:
        raise BundleError(f"{field} must be {expected}. Received: {value!r}") from None
    expect(count >= minimum, field, expected, value)
    return count


def as_seed_row(field: str, value: Any) -> tuple[int, int]:
    """Returns a seed row as a pair of integers that fit int32."""
    expect(isinstance(value, list | tuple) and len(value) == 2, field, "two integers, a bound's seed row", value)
    first, second = (as_count(f"{field}[{index}]", item, minimum=-(2**31)) for index, item in enumerate(value))
    expect(max(first, second) < 2**31, field, "two integers that fit int32", value)
    return first, second


def as_shape(field: str, value: Any) -> tuple[int | None, ...]:
    """Returns a shape as a tuple of positive integers, None where a dimension is free."""
    expect(isinstance(value, list | tuple), field, "a list of positive integers and nulls", value)
    return tuple(
        None if size is None else as_count(f"{field}[{index}]", size, minimum=1) for index, size in enumerate(value)
    )


def check_path(field: str, value: object) -> None:
    """Raises BundleError unless `value` is a plain POSIX path that stays inside the version folder."""
    plain = isinstance(value, str) and bool(value) and not {"\\", "\0"} & set(value)
    if plain:
        path = PurePosixPath(str(value))
        # The comparison refuses "./a", "a//b" and "a/", which would be second names for one file.
        plain = path.as_posix() == value and not path.is_absolute() and not {".", ".."} & set(path.parts)
    expect(plain, field, "a relative path inside the version folder, with forward slashes", value)


def check_sha256(field: str, value: object) -> None:
    """Raises BundleError unless `value` is a SHA-256 digest in lower-case hexadecimal."""
    plain = isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None
    expect(plain, field, "a SHA-256 digest of 64 lower-case hexadecimal digits", value)


def parse_object(text: str) -> Mapping[str, Any]:
    """Returns the JSON object that `text` holds; BundleError when it is not JSON or not an object."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise BundleError(f"the content must be JSON ({error}). Received: {text[:40]!r}") from error
    expect(isinstance(data, dict), "the content", "a JSON object", data)
    return data


def fields_of(
    data: Mapping[str, Any], *, required: frozenset[str], optional: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Returns `data` as keyword arguments, once it has every required field and no unknown one.

    An unknown field is refused, not passed over: within one format version every writer and reader know the
    same fields, so it is a slip of the pen or a file of another kind.
    """
    for name in sorted(required - data.keys()):
        raise BundleError(f"{name} is missing. Received: the fields {sorted(data)}")
    for name in sorted(data.keys() - required - optional):
        raise BundleError(f"{name} is not a field of this format. Received: {data[name]!r}")
    return dict(data)
