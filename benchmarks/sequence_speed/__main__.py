"""`python -m benchmarks.sequence_speed [PART…]`: the speed of tfgen's VRNN."""

import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.flows.client import REPOSITORY
from benchmarks.flows.peers import interpreter
from benchmarks.sequence_speed.spec import BATCH, LATENT, SIZE, STEPS, UNITS

PARTS = ("training", "length", "streaming")
_GOAL = 4.4


@click.command(context_settings={"show_default": True})
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option("--rounds", default=9, help="Turns of each competitor, for training and length.")
@click.option("--seconds", default=3.0, help="Seconds of one turn, for training.")
@click.option("--no-peers", is_flag=True, help="tfgen alone, for training.")
@click.option("--threads", default=2, help="Of each worker, for training.")
@click.option(
    "--peers-folder", type=click.Path(path_type=Path), default=REPOSITORY / "build" / "peers", show_default=False
)
def main(
    parts: tuple[str, ...], *, rounds: int, seconds: float, no_peers: bool, threads: int, peers_folder: Path
) -> None:
    """Measures the training of a VRNN beside PyTorch, its cost by length, and one step of a stream.

    PyTorch is installed, once, in the environment of benchmarks.flows (--peers-folder, build/peers in the repository).
    """
    console = Console(width=120)
    for part in parts or PARTS:
        # Each part's modules are imported here: training needs no TensorFlow in this process.
        if part == "training":
            from benchmarks.sequence_speed.training import training

            interpreters = {"tfgen": Path(sys.executable)}
            if not no_peers:
                interpreters["PyTorch"] = interpreter(peers_folder.absolute())
            show_training(console, *training(interpreters, threads=threads, rounds=rounds, seconds=seconds))
        elif part == "length":
            from benchmarks.sequence_speed.length import length

            show_length(console, length(rounds=rounds))
        else:
            from benchmarks.sequence_speed.streaming import streaming

            show_streaming(console, streaming())


def show_training(console: Console, results: list[dict[str, Any]], left_out: dict[str, float]) -> None:
    """Medians, ratios, parameters, whether those that wait do nothing, and who was too slow to take part."""
    first = results[0]
    table = _table(
        f"training a VRNN ({SIZE} numbers a step, {LATENT} latent, GRU of {UNITS}, batch {BATCH}, {STEPS} steps): "
        f"steps/s, median of {len(first['rounds'])} alternating turns",
        ("median", "lowest", "highest", f"ratio to {first['best_peer']}", "parameters", "CPU while waiting"),
    )
    for line in results:
        rates = (line["median"], min(line["rounds"]), max(line["rounds"]))
        ratio = "" if line["ratio"] is None else f"{line['ratio']:.2f}"
        waiting = f"{1e3 * line['waiting']:.0f} ms"
        table.add_row(line["who"], *(f"{rate:.1f}" for rate in rates), ratio, str(line["parameters"]), waiting)
    console.print(table)
    for who, rate in left_out.items():
        console.print(f"left out, with {rate:.1f} steps/s at a first look: {who}")
    beginning = max(line["beginning"] for line in results)
    console.print(
        f"of tfgen's parameters {beginning} are what the recurrence begins with, which PyTorch begins at nought"
    )
    versions = {name: version for line in results for name, version in line["versions"].items() if name != "numpy"}
    console.print(", ".join(f"{name} {version}" for name, version in versions.items()))


def show_length(console: Console, found: dict[str, Any]) -> None:
    """The milliseconds of a step at both lengths, and their ratio."""
    table = _table(
        f"a training step by the sequences' length (batch {BATCH}, jit_compile), median of {len(found['ratios'])} "
        "alternating turns",
        ("median", "lowest", "highest"),
    )
    for steps, times in found["times"].items():
        numbers = (np.median(times), min(times), max(times))
        table.add_row(f"{steps} steps", *(f"{1e3 * value:.2f} ms" for value in numbers))
    ratios = found["ratios"]
    table.add_row("ratio", *(f"{value:.2f}" for value in (np.median(ratios), min(ratios), max(ratios))))
    console.print(table)
    console.print(f"goal: at most {_GOAL}; {'met' if np.median(ratios) <= _GOAL else 'not met'}")


def show_streaming(console: Console, results: list[dict[str, Any]]) -> None:
    """The microseconds of one call."""
    table = _table(
        "one `step` of one stream, median of single calls in alternating turns", ("", "median", "Keras / it")
    )
    for line in results:
        table.add_row(line["model"], line["who"], f"{1e6 * line['seconds']:.0f} µs", f"{line['ratio']:.2f}")
    console.print(table)


def _table(title: str, columns: tuple[str, ...]) -> Table:
    table = Table(title=title)
    for column in ("", *columns):
        table.add_column(column, justify="right" if column else "left")
    return table


if __name__ == "__main__":
    main()
