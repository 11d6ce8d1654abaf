"""`python -m benchmarks.coverage`: tries the catalogue, and writes the results and the page of the documentation."""

import re

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.coverage.case import BIJECTOR_KINDS, DISTRIBUTION_KINDS, Case
from benchmarks.coverage.outcome import Outcome
from benchmarks.coverage.results import Results, read, record, write
from benchmarks.coverage.workers import Converter, run

_EACH = 20  # cases between two writes of the results


@click.command()
@click.option("--only", metavar="PATTERN", help="Cases whose name the regular expression finds.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(DISTRIBUTION_KINDS + BIJECTOR_KINDS))
@click.option("--ours/--no-ours", default=True, help="Try tfgen_export.")
@click.option("--stock/--no-stock", default=True, help="Try stock tf2onnx.")
@click.option("--failing", is_flag=True, help="Only what tfgen_export did not convert when it was tried last.")
@click.option("--resume", is_flag=True, help="Only cases that have no result yet.")
@click.option("--timeout", default=60.0, show_default=True, help="Seconds that a case may take.")
@click.option("--details", is_flag=True, help="Print the whole error of each case that fails.")
def main(
    *,
    only: str | None,
    kinds: tuple[str, ...],
    ours: bool,
    stock: bool,
    failing: bool,
    resume: bool,
    timeout: float,
    details: bool,
) -> None:
    """Tries which TFP distributions and bijectors convert to ONNX.

    Results of cases that are not run now are kept. With --no-ours --no-stock it only writes the page again.
    """
    # TensorFlow's import takes seconds, which --help need not wait for.
    from benchmarks.coverage.catalogue import cases
    from benchmarks.coverage.report import REPORT, render, write_report
    from benchmarks.coverage.walk import unlisted

    catalogue, console = cases(), Console()
    names = {case.name for case in catalogue}
    results = {name: result for name, result in read().items() if name in names}
    chosen = [
        case
        for case in catalogue
        if (only is None or re.search(only, case.name))
        and (not kinds or case.kind in kinds)
        and (not failing or results.get(case.name, {}).get("ours", "ok") != "ok")
    ]
    wanted: dict[Converter, bool] = {"ours": ours, "stock": stock}
    for converter in [converter for converter, asked in wanted.items() if asked]:
        todo = [case for case in chosen if _pending(case, converter, results, resume=resume)]
        _try(todo, converter, results, console, timeout=timeout, details=details)
    write(results)
    write_report(render(catalogue, results))
    console.print(f"{len(results)} of {len(catalogue)} cases have results; {REPORT.name} is written")
    for name in unlisted(catalogue):
        console.print(f"missing: {name}: nobody listed it", style="red")


def _pending(case: Case, converter: Converter, results: Results, *, resume: bool) -> bool:
    known = results.get(case.name, {})
    if converter == "stock" and "tensorflow" in known:
        return False  # a case that TensorFlow cannot run needs no second converter to say so
    return not (resume and known.keys() & {"tensorflow", converter})


def _try(
    todo: list[Case], converter: Converter, results: Results, console: Console, *, timeout: float, details: bool
) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(converter, total=len(todo))
        for index, (case, outcome) in enumerate(run(todo, converter, timeout=timeout)):
            record(results, case.name, converter, outcome)
            progress.update(task, advance=1, description=f"{converter}: {case.subject}")
            if converter == "ours" and outcome.status == "failed":
                progress.console.print(f"{case.name}: {_said(outcome, details)}", style="red", markup=False)
            if index % _EACH == 0:
                write(results)


def _said(outcome: Outcome, details: bool) -> str:
    return outcome.detail or outcome.reason if details else outcome.reason


if __name__ == "__main__":
    main()
