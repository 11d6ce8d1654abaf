"""Documents as RapidJSON reads them: what it accepts, and its words and offsets for what it does not."""

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfgen_serving.protocol.json_document import parse_document, refuse_syntax
from tfgen_serving.protocol.json_syntax import first_error
from tfgen_serving.protocol.status import Code, StatusError


def refusal(body: bytes) -> str:
    with pytest.raises(StatusError) as caught:
        parse_document(body)
    assert caught.value.code is Code.INVALID_ARGUMENT
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', 1),
        (' \t\r\n{ "a" : [ 1 , 2 ] } ', [1, 2]),
        ('\ufeff{"a": 1}', 1),
        ('{"a": 1} and } whatever [ follows', 1),
        ('{"a": 1}{"a": 2}', 1),
        ('{"a": -0}', 0),
        ('{"a": 1E2}', 100.0),
        ('{"a": 12345678901234567890123}', 12345678901234567890123),
        ('{"a": "\\u00e9\\ud83d\\ude00\\/"}', "é😀/"),
        ('{"a": "\\\\ud800"}', "\\ud800"),
        ('{"a": "Inf", "b": Inf}', "Inf"),
        ('{"a": "\\"Inf", "b": -Inf}', '"Inf'),
        ('{"a": 1, "a": 2}', 1),
        ('{"a": {"b": [], "b": 1}}', {"b": []}),
        ('{"a": true, "b": false, "c": null}', True),
    ],
)
def test_accepted(text: str, value: Any) -> None:
    found = parse_document(text.encode())["a"]
    assert (found, type(found).__mro__[-2]) == (value, type(value).__mro__[-2])


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("NaN", math.nan),
        ("-NaN", math.nan),
        ("Infinity", math.inf),
        ("-Infinity", -math.inf),
        ("Inf", math.inf),
        ("-Inf", -math.inf),
    ],
)
def test_not_finite(token: str, value: float) -> None:
    found = parse_document(f'{{"a": [{token}, 1, {token}]}}'.encode())["a"]
    assert [repr(each) for each in found] == [repr(value), "1", repr(value)]


def test_strings_need_not_be_utf8() -> None:
    document = parse_document(b'{"\xff\xfe": "\xe9", "a": 1}')
    assert document.pop("a") == 1
    assert {key.encode(errors="surrogateescape") for key in document} == {b"\xff\xfe"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("  ", "The document is empty. at offset: 2"),
        ("}", "The document is empty. at offset: 0"),
        ("this is a test", "Invalid value. at offset: 1"),
        ("\xff", "Invalid value. at offset: 0"),
        ("{", "Missing a name for object member. at offset: 1"),
        ('{"a"', "Missing a colon after a name of object member. at offset: 4"),
        ('{"a":', "Invalid value. at offset: 5"),
        ('{"a": 1', "Missing a comma or '}' after an object member. at offset: 7"),
        ('{"a": [', "Invalid value. at offset: 7"),
        ('{"a": [1', "Missing a comma or ']' after an array element. at offset: 8"),
        ('{"a": [1,]}', "Invalid value. at offset: 9"),
        ('{"a": 1,}', "Missing a name for object member. at offset: 8"),
        ("{a: 1}", "Missing a name for object member. at offset: 1"),
        ("{'a': 1}", "Missing a name for object member. at offset: 1"),
        ('{"é": [1 2]}', "Missing a comma or ']' after an array element. at offset: 10"),
        ('{"a": {"b": 1 2}}', "Missing a comma or '}' after an object member. at offset: 14"),
        ('{"a": [1}', "Missing a comma or ']' after an array element. at offset: 8"),
        ('{"a": 01}', "Missing a comma or '}' after an object member. at offset: 7"),
        ('{"a": +1}', "Invalid value. at offset: 6"),
        ('{"a": -}', "Invalid value. at offset: 7"),
        ('{"a": .5}', "Invalid value. at offset: 6"),
        ('{"a": 1.}', "Miss fraction part in number. at offset: 8"),
        ('{"a": 1e}', "Miss exponent in number. at offset: 8"),
        ('{"a": 1e+}', "Miss exponent in number. at offset: 9"),
        ('{"a": 0x1}', "Missing a comma or '}' after an object member. at offset: 7"),
        ('{"a": ١}', "Invalid value. at offset: 6"),
        ('{"a": nan}', "Invalid value. at offset: 7"),
        ('{"a": Infin}', "Invalid value. at offset: 11"),
        ('{"a": Inf, "b": Nan}', "Invalid value. at offset: 18"),
        ('{"a": trUe}', "Invalid value. at offset: 8"),
        ('{"a": None}', "Invalid value. at offset: 7"),
        ('{"a": "b}', "Missing a closing quotation mark in string. at offset: 9"),
        ('{"a": "\n"}', "Invalid encoding in string. at offset: 7"),
        ('{"a": "\0"}', "Missing a closing quotation mark in string. at offset: 7"),
        ('{"a": "\\x"}', "Invalid escape character in string. at offset: 7"),
        ('{"a": "\\u12g4"}', "Incorrect hex digit after \\u escape in string. at offset: 7"),
        ('{"a": "\\ud800"}', "The surrogate pair in string is invalid. at offset: 7"),
        ('{"a": "\\udc00"}', "The surrogate pair in string is invalid. at offset: 7"),
        ('{"a": "\\ud800\\u0041"}', "The surrogate pair in string is invalid. at offset: 7"),
        ('{"a": "\\ud800x"}', "The surrogate pair in string is invalid. at offset: 7"),
        ('{"a": ' + "9" * 5000 + "}", "Number too big to be stored in double. at offset: 6"),
        ("/* note */ {}", "Invalid value. at offset: 0"),
    ],
)
def test_refused(body: str, message: str) -> None:
    assert refusal(body.encode("latin-1" if body == "\xff" else "utf-8")) == f"JSON Parse error: {message}"


def test_nothing_at_all_is_told_by_the_server_itself() -> None:
    assert refusal(b"") == "JSON Parse error: The document is empty"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("[[], {}]", "[[], {}]"),
        ("[1, [2.5, null]]", "[1, [2.5, null]]"),
        ('"a\\u0001b"', '"a\\u0001b"'),
        ('"\\u001f"', '"\\u001F"'),
        ("1e20", "100000000000000000000.0"),
        ("1e21", "1e21"),
        ("-1.5e-7", "-1.5e-7"),
        ("1e-6", "0.000001"),
        ("12.5e-6", "0.0000125"),
        ("-0.0", "-0.0"),
        ("18446744073709551616", "18446744073709552000.0"),
        ("true", "true"),
        ("NaN", ""),
        ("[1, NaN, 2]", "[1"),
    ],
)
def test_what_is_no_object_is_shown(body: str, shown: str) -> None:
    assert refusal(body.encode()) == f"JSON Value: {shown} Is not object"


def test_what_is_shown_ends_soon() -> None:
    message = refusal(b"[" + b"1234567, " * 100_000 + b"1]")
    assert message == f"JSON Value: [{', '.join(['1234567'] * 29)} Is not object"
    assert len(refusal(b'["' + b"a" * 100_000 + b'"]')) < 400


def test_lists_in_lists_without_end() -> None:
    assert refusal(b'{"a": ' + b"[" * 100_000) == "JSON Parse error: Nested too deeply."
    assert refusal(b'{"a":' * 100_000) == "JSON Parse error: Nested too deeply."
    assert refusal(b"[" * 100 + b"]" * 100).startswith(f"JSON Value: {'[' * 100}")


def test_a_large_body_is_not_looked_through_in_python() -> None:
    body = b'{"a": [' + b"1, " * 1_000_000 + b"x]}"
    assert refusal(body) == f"JSON Parse error: Invalid value. at offset: {len(body) - 3}"


def test_a_number_too_big_for_a_double() -> None:
    body = b'{"a": [1, -1e309]}'
    parse_document(body)
    with pytest.raises(StatusError, match=r"Number too big to be stored in double\. at offset: 10"):
        refuse_syntax(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers(-(2**70), 2**70) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(value=st.dictionaries(st.text(), JSON, min_size=1, max_size=3), ascii_only=st.booleans())
@settings(deadline=None, database=None, max_examples=150)
def test_what_python_writes_is_read(value: dict[str, Any], ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert first_error(text) is None
    assert repr(parse_document(text.encode())) == repr(value)


@given(text=st.text(alphabet='{}[]:,"\\u0dcabInfNtrue-+.e1 \n', max_size=40))
@settings(deadline=None, database=None, max_examples=500)
def test_both_parsers_agree_on_what_is_right(text: str) -> None:
    try:
        parse_document(text.encode())
    except StatusError as error:
        syntax = error.message.startswith("JSON Parse error")
    else:
        syntax = False
    assert (first_error(text) is not None) == syntax
