"""`tfgen score`."""

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tfgen.cli.columns import COLUMNS
from tfgen.cli.errors import one_line_errors
from tfgen.cli.progress import rows_bar

if TYPE_CHECKING:
    from tfgen_serving.tables import Summary

__all__ = ["score"]


@click.command()
@click.argument("bundle", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("data", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="A .npy, .parquet or .csv file for the scores."
)
@click.option("--x", type=COLUMNS, default=None, help="The columns of x, in order: a,b,c.")
@click.option("--context", type=COLUMNS, default=None, help="The columns of the context.")
@click.option("--keep", type=COLUMNS, default=(), help="Columns that go to a .parquet or .csv file too.")
@click.option(
    "--on-error",
    type=click.Choice(["fail", "null"]),
    default="fail",
    show_default=True,
    help="Stop at a row that has no score, or leave it empty and say why.",
)
@click.option("--restart", is_flag=True, help="Begin anew where an earlier run was interrupted.")
@click.option("--batch-size", type=click.IntRange(min=1), default=None, help="Rows at a time; at most 65536 by itself.")
@click.option("--version", type=int, default=None, help="Which version; the newest unless told otherwise.")
@one_line_errors
def score(bundle: Path, data: Path, out: Path | None, version: int | None, **options: Any) -> None:
    """Score the rows of DATA with BUNDLE in ONNX Runtime, without TensorFlow.

    DATA is a .parquet or .csv file with names of columns; a .npy file of x; or an .npz file of the arrays x and, for a
    conditional model, context. Of columns, those of numbers are x; or those called x (x_0, x_1, ...) are x and those
    called context (context_0, ...) are the context; or --x and --context name them. Sequences are in array files: x of
    shape [rows, time, *event], and where they are of unequal lengths their mask [rows, time].

    Without --out the scores are printed, a line each, in nats. With it the same command goes on where it was
    interrupted; until all rows are scored the scores are kept in the folder OUT.partial.
    """
    import numpy as np

    from tfgen_serving import Scorer
    from tfgen_serving.tables import check_out, score_file

    if out is not None:
        check_out(out, data)  # before the bundle's files are read
    elif options["restart"]:
        raise ValueError("--restart must come with --out. Received: --restart alone")
    scorer = Scorer(bundle, version=version)
    with tempfile.TemporaryDirectory() as folder, rows_bar("Scoring") as progress:
        start = time.perf_counter()
        scores = out or Path(folder) / "scores.npy"
        summary = score_file(scorer, data, scores, progress=progress, **options)
        seconds = time.perf_counter() - start
        if out is None:
            for block in np.array_split(np.load(scores), range(65536, summary.rows, 65536)):
                click.echo("\n".join(f"{value:.6f}" for value in block))
    kind = "log p" if scorer.score_kind == "exact" else "lower bounds of log p"
    speed = "" if out is None else f", {(summary.rows - summary.resumed) / seconds:,.0f} rows/s"
    click.echo(f"{summary.rows - summary.bad} {kind}, mean {summary.mean:.4f} nats{speed}", err=True)
    _tell_rest(summary)


def _tell_rest(summary: "Summary") -> None:
    if summary.resumed:
        click.echo(f"Rows before row {summary.resumed} were scored by an earlier run.", err=True)
    if summary.bad:
        click.echo(f"{summary.bad} of {summary.rows} rows have no score:", err=True)
        for row, reason in summary.first_bad:
            click.echo(f"  row {row}: {reason}", err=True)
        if summary.bad > len(summary.first_bad):
            click.echo("  and so on", err=True)
