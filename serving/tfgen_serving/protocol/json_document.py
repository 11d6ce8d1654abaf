"""A JSON document by the rules of TensorFlow Serving's parser.

That parser is RapidJSON with NaN and infinities, which stops after the first value and does not check that strings are
UTF-8. Python's own is ten times faster than one written here, so it does the work, and the differences are made up for.
"""

import json
import re
from typing import Any

from tfgen_serving.protocol.json_show import show
from tfgen_serving.protocol.json_syntax import first_error
from tfgen_serving.protocol.status import Code, StatusError

__all__ = ["RepeatedNames", "parse_document", "refuse_syntax"]

_BLANK = " \t\n\r"
_INFINITY = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)|(-?)Inf(?:inity)?|-NaN', re.S)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_LOOKED_AT = 2**21
"""Characters in which the cause of an error is looked for, about a second's work; beyond, Python's must do."""


class RepeatedNames(dict[str, Any]):
    """An object in which a name stands twice; the first counts."""


def parse_document(body: bytes) -> dict[str, Any]:
    """The object at the beginning of a body; what follows it is not looked at.

    Numbers that have no double are infinities: `refuse_syntax` tells them apart.

    Args:
        body: JSON; strings that are not UTF-8 keep their bytes as surrogates.

    Raises:
        StatusError: INVALID_ARGUMENT, with RapidJSON's words, where there is none. Unlike there, so are lists in lists
            of more than a thousand levels, which have no place in a request.

    Example:
        >>> parse_document(b'{"a": [1, -Inf]} and more')
        {'a': [1, -inf]}
    """
    if not body:
        raise _error("The document is empty")
    text = _text_of(body)
    try:
        document = _decoded(text)
    except RecursionError as error:
        raise _error("Nested too deeply.") from error
    except ValueError as error:  # of the syntax, or of an integer of more than 4300 digits
        refuse_syntax(body)
        raise _at("Invalid value.", text, getattr(error, "pos", 0)) from error
    if _SURROGATE.search(text):
        refuse_syntax(body)  # Python takes half a pair
    if not isinstance(document, dict):
        refuse_syntax(body)  # of a number Python takes what is one, and leaves the rest
        raise StatusError(Code.INVALID_ARGUMENT, f"JSON Value: {show(document)} Is not object")
    return document


def refuse_syntax(body: bytes) -> None:
    """Raises as `parse_document`, by a look at each character: slow, for where Python's parser is not enough."""
    text = _text_of(body)
    found = first_error(text[:_LOOKED_AT])
    if found is not None and (found[1] < _LOOKED_AT - 16 or len(text) <= _LOOKED_AT):
        raise _at(found[0], text, found[1])


def _text_of(body: bytes) -> str:
    return body.decode("utf-8", "surrogateescape").removeprefix("\ufeff")


def _decoded(text: str) -> Any:
    start = len(text) - len(text.lstrip(_BLANK))
    try:
        return _DECODER.raw_decode(text, start)[0]
    except json.JSONDecodeError as error:
        if not text.startswith(("Inf", "-Inf", "-NaN"), error.pos):
            raise
        # Spellings that Python does not know: all at once, since there may be a million.
        return _DECODER.raw_decode(_INFINITY.sub(_spelled, text), start)[0]


def _spelled(match: re.Match[str]) -> str:
    if match[0].startswith('"'):
        return match[0]
    return "NaN" if match[0] == "-NaN" else f"{match[1]}Infinity"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeated = RepeatedNames()
    for name, value in pairs:
        repeated.setdefault(name, value)
    return repeated


_DECODER = json.JSONDecoder(object_pairs_hook=_object)


def _at(message: str, text: str, position: int) -> StatusError:
    return _error(f"{message} at offset: {len(text[:position].encode('utf-8', 'surrogateescape'))}")


def _error(message: str) -> StatusError:
    return StatusError(Code.INVALID_ARGUMENT, f"JSON Parse error: {message}")
