"""What is wrong with a document that is no JSON, in the words of TensorFlow Serving's parser, RapidJSON.

Python's parser, which reads the documents that are right, finds other words and other places.
"""

import math
import re

__all__ = ["first_error"]

_BLANK = re.compile(r"[ \t\n\r]*")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_DIGITS = re.compile(r"[0-9]*")
_WORDS = {"t": "true", "f": "false", "n": "null"}

# What may come next, by the message where it does not.
_START = "The document is empty."
_VALUE = "Invalid value."
_NAME = "Missing a name for object member."
_COLON = "Missing a colon after a name of object member."
_AFTER_MEMBER = "Missing a comma or '}' after an object member."
_AFTER_ELEMENT = "Missing a comma or ']' after an array element."


class _Error(Exception):
    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message, self.position = message, position


def first_error(text: str) -> tuple[str, int] | None:
    """The message and the position, in characters, of the first error; None where the first value is right.

    Example:
        >>> first_error('{"instances": [1, 2.]}')
        ('Miss fraction part in number.', 20)
    """
    try:
        _check(text)
    except _Error as error:
        return error.message, error.position
    return None


def _check(text: str) -> None:
    """A value, without recursion: lists in lists may be many."""
    opened: list[str] = []
    state, position, first = _START, _after(_BLANK, text, 0), False
    while True:
        found = text[position : position + 1]
        if first and found == "]}"[opened[-1] == "{"]:
            position, state = _close(opened, position)
        elif state in (_START, _VALUE):
            if found in ("", "\0", "]", "}", ",", ":"):
                raise _Error(state, position)
            if found in ("[", "{"):
                opened.append(found)
                position, state, first = position + 1, (_VALUE if found == "[" else _NAME), True
                position = _after(_BLANK, text, position)
                continue
            position, state = _scalar(text, position), _after_value(opened)
        elif state == _NAME and found == '"':
            position, state = _string(text, position), _COLON
        elif state == _COLON and found == ":":
            position, state = position + 1, _VALUE
        elif state in (_AFTER_MEMBER, _AFTER_ELEMENT) and found == ",":
            position, state = position + 1, (_NAME if state == _AFTER_MEMBER else _VALUE)
        elif state in (_AFTER_MEMBER, _AFTER_ELEMENT) and found == "]}"[state == _AFTER_MEMBER]:
            position, state = _close(opened, position)
        else:
            raise _Error(state, position)
        if not opened:
            return
        position, first = _after(_BLANK, text, position), False


def _close(opened: list[str], position: int) -> tuple[int, str]:
    opened.pop()
    return position + 1, _after_value(opened)


def _after_value(opened: list[str]) -> str:
    return _AFTER_MEMBER if opened[-1:] == ["{"] else _AFTER_ELEMENT


def _scalar(text: str, position: int) -> int:
    found = text[position]
    if found == '"':
        return _string(text, position)
    return _word(text, position, _WORDS[found]) if found in _WORDS else _number(text, position)


def _word(text: str, position: int, word: str) -> int:
    for letter in word:
        if text[position : position + 1] != letter:
            raise _Error(_VALUE, position)
        position += 1
    return position


def _number(text: str, start: int) -> int:
    position = start + (text[start] == "-")
    found = text[position : position + 1]
    if found == "N":
        return _word(text, position, "NaN")
    if found == "I":
        position = _word(text, position, "Inf")
        return _word(text, position, "inity") if text[position : position + 1] == "i" else position
    if not found.isdigit() or not found.isascii():
        raise _Error(_VALUE, position)
    position = position + 1 if found == "0" else _after(_DIGITS, text, position)
    if text[position : position + 1] == ".":
        position = _some_digits(text, position + 1, "Miss fraction part in number.")
    if text[position : position + 1] in ("e", "E"):
        signed = text[position + 1 : position + 2] in ("+", "-")
        position = _some_digits(text, position + 1 + signed, "Miss exponent in number.")
    if math.isinf(float(text[start:position])):
        raise _Error("Number too big to be stored in double.", start)
    return position


def _some_digits(text: str, position: int, message: str) -> int:
    end = _after(_DIGITS, text, position)
    if end == position:
        raise _Error(message, position)
    return end


def _string(text: str, position: int) -> int:
    position += 1
    while True:
        position = _after(_PLAIN, text, position)
        found = text[position : position + 1]
        if found == '"':
            return position + 1
        if found != "\\":
            raise _Error(
                "Missing a closing quotation mark in string." if found in ("", "\0") else "Invalid encoding in string.",
                position,
            )
        position = _escape(text, position)


def _escape(text: str, start: int) -> int:
    if text[start + 1 : start + 2] != "u":
        if text[start + 1 : start + 2] in tuple('"\\/bfnrt'):
            return start + 2
        raise _Error("Invalid escape character in string.", start)
    unit = _unit(text, start + 2, start)
    if not 0xD800 <= unit <= 0xDFFF:
        return start + 6
    if unit > 0xDBFF or text[start + 6 : start + 8] != "\\u" or not 0xDC00 <= _unit(text, start + 8, start) <= 0xDFFF:
        raise _Error("The surrogate pair in string is invalid.", start)
    return start + 12


def _unit(text: str, position: int, start: int) -> int:
    match = _HEX.match(text, position)
    if match is None:
        raise _Error("Incorrect hex digit after \\u escape in string.", start)
    return int(match[0], 16)


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position
