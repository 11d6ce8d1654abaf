"""`python -m benchmarks.flows [PART…]`: tfgen's flows beside zuko, nflows, normflows and flowjax."""

import datetime
import json
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from benchmarks.flows.check import checks
from benchmarks.flows.client import REPOSITORY
from benchmarks.flows.field import Field
from benchmarks.flows.inference import inference
from benchmarks.flows.nats import gaps
from benchmarks.flows.peers import PEERS, interpreter
from benchmarks.flows.tables import show_checks, show_nats, show_rates
from benchmarks.flows.training import training

PARTS = ("check", "training", "inference", "nats")
KINDS = ("spline", "affine")
DENSITIES = ("B1", "B2", "B5")


@click.command(context_settings={"show_default": True})
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option("--size", "sizes", multiple=True, type=int, default=(2, 64), help="Entries of x, for speed.")
@click.option("--rounds", default=7, help="Turns of each competitor, for speed.")
@click.option("--seconds", default=3.0, help="Seconds of one turn, for speed.")
@click.option("--budget", default=60.0, help="Seconds to train, for nats.")
@click.option("--seed", "seeds", multiple=True, type=int, default=(0, 1, 2), help="Of weights and rows, for nats.")
@click.option("--density", "densities", multiple=True, type=click.Choice(DENSITIES), default=DENSITIES)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), default=("spline",), help="For nats, checks.")
@click.option("--pool", default=24_000_000, help="Fresh training rows of each seed, for nats.")
@click.option("--peer", "peers", multiple=True, type=click.Choice(PEERS), default=PEERS)
@click.option("--no-peers", is_flag=True, help="tfgen alone.")
@click.option("--threads", default=2, help="Of each worker.")
@click.option(
    "--peers-folder", type=click.Path(path_type=Path), default=REPOSITORY / "build" / "peers", show_default=False
)
@click.option("--json", "output", type=click.Path(path_type=Path), help="Where to write all results.")
def main(
    *,
    parts: tuple[str, ...],
    peers: tuple[str, ...],
    no_peers: bool,
    threads: int,
    peers_folder: Path,
    output: Path | None,
    **options: Any,
) -> None:
    """Compares tfgen's flows with the peers', all in workers of as many threads, taking turns.

    The peers are installed, once, in an environment of their own (--peers-folder, build/peers in the repository).
    """
    chosen = () if no_peers else peers
    python = interpreter(peers_folder.absolute()) if chosen else Path(sys.executable)
    interpreters = {**dict.fromkeys(PEERS, python), "tfgen": Path(sys.executable), "onnx": Path(sys.executable)}
    field = Field(interpreters, threads, chosen)
    results: list[dict[str, Any]] = []
    for result in _results(field, parts or PARTS, **options):
        results.append(result)
        if output is not None:  # after each, for a run of hours that is cut short
            output.write_text(json.dumps({"machine": _machine(threads), "results": results}, indent=1) + "\n")


def _results(
    field: Field,
    parts: tuple[str, ...],
    *,
    sizes: tuple[int, ...],
    rounds: int,
    seconds: float,
    budget: float,
    seeds: tuple[int, ...],
    densities: tuple[str, ...],
    kinds: tuple[str, ...],
    pool: int,
) -> Iterator[dict[str, Any]]:
    """Everything asked for, shown part by part."""
    console = Console(width=120)
    if "check" in parts:
        for kind in kinds:
            found = checks(field, kind=kind)
            show_checks(console, found)
            yield from found
    for part, measure in (("training", training), ("inference", inference)):
        for size in sizes if part in parts else ():
            found = measure(field, size=size, rounds=rounds, seconds=seconds)
            for what in dict.fromkeys(line["part"] for line in found):
                show_rates(console, [line for line in found if line["part"] == what])
            yield from found
    for kind, density in [(kind, density) for kind in kinds for density in densities if "nats" in parts]:
        runs = []
        for run in gaps(field, density=density, kind=kind, seconds=budget, seeds=seeds, pool_rows=pool):
            console.print(f"{density} {kind} {run['who']} seed {run['seed']}: {run['gap']:.5f} nats")
            runs.append(run)
            yield run
        show_nats(console, runs)


def _machine(threads: int) -> dict[str, Any]:
    return {
        "date": datetime.date.today().isoformat(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "threads": threads,
    }


if __name__ == "__main__":
    main()
