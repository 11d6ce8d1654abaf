"""Names of columns as an option's value."""

import re

import click

__all__ = ["COLUMNS"]

_NAME = re.compile(r"""\s*(?:"((?:[^"]|"")+)"|([^",\s](?:[^,\r\n]*[^,\s])?))\s*(,|\Z)""")


class _Columns(click.ParamType):
    """Names between commas.

    One that holds a comma or a line break, or begins or ends with a space, stands in double quotes; a quote in these is
    doubled.
    """

    name = "columns"

    def convert(
        self, value: str | tuple[str, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        if isinstance(value, tuple):  # the default
            return value
        names, place, more = [], 0, ","
        while more:
            match = _NAME.match(value, place)
            if match is None:
                self.fail(f"must be names of columns between commas. Received: {value!r}", param, ctx)
            quoted, bare, more = match.groups()
            names.append(bare if quoted is None else quoted.replace('""', '"'))
            place = match.end()
        return tuple(names)


COLUMNS = _Columns()
