"""`tfgen sample`."""

import time
from pathlib import Path

import click

from tfgen.cli.columns import COLUMNS
from tfgen.cli.errors import one_line_errors
from tfgen.cli.progress import rows_bar

__all__ = ["sample"]


@click.command()
@click.argument("bundle", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--num", type=click.IntRange(min=1), required=True, help="Draws; with a context, for each of its rows.")
@click.option("--seed", type=int, required=True, help="The same seed gives the same draws, in every runtime.")
@click.option("--steps", type=click.IntRange(min=1), default=None, help="Of a model of sequences: how long they are.")
@click.option(
    "--context",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="A .parquet, .csv, .npy or .npz file of context rows, for a conditional model.",
)
@click.option("--context-columns", type=COLUMNS, default=None, help="Its columns, in order; all of numbers by itself.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="A .npy, .parquet or .csv file."
)
@click.option("--version", type=int, default=None, help="Which version; the newest unless told otherwise.")
@one_line_errors
def sample(
    bundle: Path,
    num: int,
    seed: int,
    steps: int | None,
    context: Path | None,
    context_columns: tuple[str, ...] | None,
    out: Path,
    version: int | None,
) -> None:
    """Draw from BUNDLE's model in ONNX Runtime, without TensorFlow.

    A .npy file holds [num, *event], with a context [num, rows, *event]; other files hold a line for each draw, in this
    order, with columns x_0, x_1, ... and with a context draw, row, context_0, ... before them. Sequences go to a .npy
    file of [num, steps, *event], or [num, rows, steps, *event].
    """
    from tfgen_serving import Scorer
    from tfgen_serving.tables import check_out, sample_file

    if context is None and context_columns is not None:
        raise ValueError(f"--context-columns must come with --context. Received: {list(context_columns)}")
    check_out(out, context)  # before the bundle's files are read
    scorer = Scorer(bundle, version=version)
    start = time.perf_counter()
    with rows_bar("Sampling") as progress:
        rows = sample_file(
            scorer,
            num,
            out,
            seed=seed,
            steps=steps,
            context=context,
            context_columns=context_columns,
            progress=progress,
        )
    click.echo(f"{rows} draws, {rows / (time.perf_counter() - start):,.0f} a second", err=True)
