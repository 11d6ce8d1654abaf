"""`tfgen verify`."""

import math
from pathlib import Path
from typing import Any

import click

from tfgen.cli.errors import one_line_errors
from tfgen.cli.quiet import import_tensorflow_quietly

__all__ = ["verify"]


class _Tolerance(click.FloatRange):
    """A number of at least 0; `nan`, which compares as neither less nor more, is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"must be a number of at least 0. Received: {value}", param, ctx)
        return number


@click.command()
@click.argument("bundle", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--version", type=int, default=None, help="Which version; the newest unless told otherwise.")
@click.option("--rows", type=click.IntRange(min=1), default=256, show_default=True, help="Rows to compare.")
@click.option(
    "--tolerance",
    type=_Tolerance(min=0),
    default=1e-4,
    show_default=True,
    help="Largest relative difference that passes.",
)
@one_line_errors
def verify(bundle: Path, version: int | None, rows: int, tolerance: float) -> None:
    """Check BUNDLE's files, and that Keras, SavedModel and ONNX agree on every endpoint.

    The difference is max |a − b| / max(1, |b|). Exit status 1 where one exceeds the tolerance.
    """
    from rich.console import Console
    from rich.table import Table

    console = Console()
    with console.status("Loading TensorFlow"):
        import_tensorflow_quietly("tfgen verify")

    from tfgen.bundles import verify_bundle

    reports = verify_bundle(bundle, version=version, rows=rows)
    pairs = list(reports[0].differences)
    table = Table(title=f"Largest relative difference on {rows} rows")
    table.add_column("endpoint")
    for first, second in pairs:
        table.add_column(f"{first} / {second}", justify="right")
    for report in reports:
        table.add_row(report.endpoint, *(f"{report.differences[pair]:.1e}" for pair in pairs))
    console.print(table)
    for report in reports:
        if report.unequal:
            console.print(
                f"{report.endpoint}: {report.unequal:.1e} of the whole numbers that it rounds or picks differ."
            )
    worst = max(reports, key=lambda report: (math.isnan(report.largest), report.largest))
    if not worst.largest <= tolerance:
        raise click.ClickException(
            f"{worst.endpoint} differs by {worst.largest:.1e}, more than the tolerance of {tolerance:.1e}"
        )
