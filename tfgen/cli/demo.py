"""`tfgen demo`."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from tfgen.cli.errors import one_line_errors
from tfgen.cli.quiet import import_tensorflow_quietly

__all__ = ["demo"]


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="Folder for the bundles and pictures.",
)
@click.option("--quick", is_flag=True, help="Train for a fraction of the steps, to see that all works.")
@click.option(
    "--only", multiple=True, metavar="NAME", help="Run this experiment alone, such as digits; may be repeated."
)
@one_line_errors
def demo(out: Path, quick: bool, only: tuple[str, ...]) -> None:
    """Train, judge, export and score five models on data with a known answer, on real tables and on real images."""
    from rich.console import Console

    console = Console()
    _check_writable(out)
    start = time.perf_counter()
    with console.status("Loading TensorFlow"):
        import_tensorflow_quietly("tfgen demo")

    from tfgen.cli.demo_report import demo_table
    from tfgen.demo import run_demo

    with _progress(console) as add:
        outcomes = list(run_demo(out, quick=quick, only=only, progress=add))
    console.print(demo_table(outcomes))
    console.print(
        "Beside: the data's own density; a full-covariance Gaussian; a linear regression with Gaussian residuals; a "
        "mixture of Bernoullis.\nThe VAE's number is a bound: the truth is at most that. "
        "Each difference is paired, with its standard error.",
        highlight=False,
    )
    largest = max(outcome.difference for outcome in outcomes)
    console.print(f"The same held-out rows in Keras, SavedModel and ONNX: largest difference {largest:.1e} (relative).")
    for outcome in outcomes:
        endpoints = ", ".join(f"{name} {difference:.0e}" for name, difference in outcome.endpoints.items())
        console.print(f"  {outcome.bundle}", *outcome.pictures, highlight=False, soft_wrap=True)
        console.print(f"    by endpoint: {endpoints}; trained in {outcome.seconds:.0f} s", highlight=False)
    console.print(f"{time.perf_counter() - start:.0f} s in all.", highlight=False)


def _check_writable(out: Path) -> None:
    """Fails now rather than after minutes of training."""
    import tempfile

    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise OSError(f"`--out` must be a folder that can be written ({error.strerror}). Received: {out}") from error


@contextlib.contextmanager
def _progress(console: Any) -> Iterator[Callable[[str], Callable[[float, str], None]]]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = [
        TextColumn("{task.description:24}"),
        BarColumn(),
        TextColumn("{task.fields[note]:24}"),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=console) as bars:

        def add(title: str) -> Callable[[float, str], None]:
            task = bars.add_task(title, total=1.0, note="")

            def tell(share: float, note: str) -> None:
                bars.update(task, completed=share, note=note)

            return tell

        yield add
