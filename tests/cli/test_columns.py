"""Names of columns as an option's value."""

import click
import pytest

from tfgen.cli.columns import COLUMNS


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("a", ("a",)),
        ("a, b ,c", ("a", "b", "c")),
        ("two words, b", ("two words", "b")),
        ('"b, in m" ,c', ("b, in m", "c")),
        ('" a ",b', (" a ", "b")),
        ('"say ""so"""', ('say "so"',)),
        ('5" pipe', ('5" pipe',)),
        ('"two\nlines","\r"', ("two\nlines", "\r")),
        ("größe,長", ("größe", "長")),
    ],
)
def test_names(value: str, names: tuple[str, ...]) -> None:
    assert COLUMNS.convert(value, None, None) == names


@pytest.mark.parametrize(
    "value", ["", " ", ",", "a,", ",a", "a,,b", "a\rb", "a\nb", '""', '"a', '"a"b', '"a""', '"a",']
)
def test_what_is_none(value: str) -> None:
    with pytest.raises(click.BadParameter, match=r"^must be names of columns between commas. Received: "):
        COLUMNS.convert(value, None, None)
