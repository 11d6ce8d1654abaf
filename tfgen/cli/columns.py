"""Names of columns as an option's value."""

import csv

import click

__all__ = ["COLUMNS"]


class _Columns(click.ParamType):
    """Names between commas; one that holds a comma itself stands in double quotes."""

    name = "columns"

    def convert(
        self, value: str | tuple[str, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        if isinstance(value, tuple):  # the default
            return value
        names = tuple(name.strip() for name in next(csv.reader([value], skipinitialspace=True), []))
        if not names or not all(names):
            self.fail(f"must be names of columns between commas. Received: {value!r}", param, ctx)
        return names


COLUMNS = _Columns()
