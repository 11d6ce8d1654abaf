"""The beginning of a JSON value, as TensorFlow Serving's errors quote it."""

import contextlib
import json
import math
import re
from decimal import Decimal
from typing import Any

__all__ = ["json_string", "show"]

_INDENT = " " * 4
_MOST = 256
"""Bytes after which nothing more is begun."""


class _Full(Exception):
    pass


def show(value: Any) -> str:
    """A value as RapidJSON's pretty writer puts it, arrays on one line, cut off after some 256 bytes.

    Example:
        >>> print(show({"instances": [1, 2.5], "signature_name": None}))
        {
            "instances": [1, 2.5],
            "signature_name": null
        }
    """
    writer = _Writer()
    with contextlib.suppress(_Full):
        writer.write(value, "", 0)
    return "".join(writer.parts)


def json_string(text: str) -> str:
    """A string in quotes; as RapidJSON does, only what must be is escaped."""
    return _ESCAPE.sub(lambda match: match[0][:2] + match[0][2:].upper(), json.dumps(text, ensure_ascii=False))


_ESCAPE = re.compile(r"\\(?:u[0-9a-f]{4}|.)")


class _Writer:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self._size = 0

    def write(self, value: Any, prefix: str, depth: int) -> None:
        if isinstance(value, dict):
            self._put(f"{prefix}{{")
            for index, (name, item) in enumerate(value.items()):
                # TensorFlow Serving cuts nothing short; a client need not get back a megabyte of name.
                self._put(f"{',' if index else ''}\n{_INDENT * (depth + 1)}{json_string(name[:_MOST])}")
                self.write(item, ": ", depth + 1)
            self._put(f"\n{_INDENT * depth}}}" if value else "}")
        elif isinstance(value, list):
            self._put(f"{prefix}[")
            for index, item in enumerate(value):
                self.write(item, ", " if index else "", depth + 1)
            self._put("]")
        else:
            self._put(f"{prefix}{_scalar(value)}")

    def _put(self, text: str) -> None:
        if self._size >= _MOST:
            raise _Full
        self.parts.append(text)
        self._size += len(text.encode("utf-8", "surrogateescape"))


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json_string(value[:_MOST])
    if isinstance(value, int) and -(2**63) <= value < 2**64:
        return str(value)
    return _double(value)


def _double(value: float) -> str:
    """The shortest digits, with an exponent from 10²¹ on and below 10⁻⁶; NaN and infinities end the writing."""
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _Full
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    places = int(exponent)  # it is a letter for NaN and infinities alone
    minus, point = "-" if sign else "", len(digits) + places
    text = "".join(map(str, digits))
    if number == 0:
        return f"{minus}0.0"
    if -6 < point <= 21:
        return f"{minus}{abs(Decimal(repr(number))):f}" if places < 0 else f"{minus}{text.ljust(point, '0')}.0"
    return f"{minus}{text[0]}{'.' if len(text) > 1 else ''}{text[1:]}e{point - 1}"
