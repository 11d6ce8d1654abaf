"""`tfgen info`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tfgen.cli.errors import one_line_errors

if TYPE_CHECKING:
    from rich.table import Table

    from tfgen_serving import Bundle

__all__ = ["info"]


@click.command()
@click.argument("bundle", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--version", type=int, default=None, help="Which version; the newest unless told otherwise.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@one_line_errors
def info(bundle: Path, version: int | None, as_json: bool) -> None:
    """Say what BUNDLE holds, and whether its files are those that its manifest lists.

    Exit status 1 where they are not.
    """
    from tfgen_serving import Bundle

    opened = Bundle.open(bundle, version)
    facts, problem = _facts(bundle, opened)
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        _print(facts)
    if problem:
        raise click.ClickException(problem)


def _facts(path: Path, opened: "Bundle") -> tuple[dict[str, Any], str | None]:
    from tfgen_serving import Bundle, BundleError

    problem = None
    try:
        opened.verify_files()
    except BundleError as error:
        problem = str(error)
    manifest = json.loads(opened.manifest.to_json())
    facts = {
        "path": str(opened.path),
        "version": opened.version,
        "versions_present": list(Bundle.versions(path)) if opened.path != path else [opened.version],
        "files_match": problem is None,
        **{name: value for name, value in manifest.items() if name != "versions"},
        "packages": manifest["versions"],
    }
    return facts, problem


def _print(facts: Mapping[str, Any]) -> None:
    from rich.console import Console

    console = Console()
    for table in (_overview(facts), _endpoints(facts)):
        console.print(table)


def _overview(facts: Mapping[str, Any]) -> "Table":
    from rich.table import Table
    from rich.text import Text  # in which a bracket is a bracket, not a style

    score = {"exact": "log p, exact", "bound": f"a lower bound of log p, of {facts['num_samples']} samples"}
    table = Table(show_header=False, title=Text(f"{facts['model']} {facts['name']!r}"))
    lines = {
        "version": f"{facts['version']} of {', '.join(map(str, facts['versions_present']))}",
        "score": score[facts["score_kind"]],
        "event": _shape(facts["event_shape"]),
        "context": "none" if facts["context_shape"] is None else _shape(facts["context_shape"]),
        "written by": ", ".join(f"{name} {version}" for name, version in facts["packages"].items()),
        "files": f"{len(facts['files'])}, "
        + ("as in the manifest" if facts["files_match"] else "NOT as in the manifest"),
    }
    for name, line in lines.items():
        table.add_row(name, Text(line))
    return table


def _endpoints(facts: Mapping[str, Any]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Endpoints")
    for heading in ("endpoint", "inputs", "outputs", "ONNX − TensorFlow"):
        table.add_column(heading)
    for name, endpoint in facts["endpoints"].items():
        sides = ("\n".join(_tensor(tensor) for tensor in endpoint[side]) for side in ("inputs", "outputs"))
        difference = facts["max_difference"].get(name)
        table.add_row(name, *map(Text, sides), "" if difference is None else f"{difference:.0e}")
    return table


def _tensor(tensor: Mapping[str, Any]) -> str:
    return f"{tensor['name']}: {tensor['dtype']} {_shape(['batch', *tensor['shape'][1:]])}"


def _shape(sizes: list[Any]) -> str:
    return f"[{', '.join('?' if size is None else str(size) for size in sizes)}]"
