"""Results as tables."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

__all__ = ["show_checks", "show_nats", "show_rates"]

Results = Sequence[dict[str, Any]]


def show_rates(console: Console, results: Results) -> None:
    """One table of one part and size: medians, and ratios to the best peer."""
    first = results[0]
    table = Table(title=f"{first['part']}, {first['size']}-D ({first['unit']}, median of {len(first['rounds'])})")
    for column in ("", "median", "lowest", "highest", f"ratio to {first['best_peer']}", "parameters"):
        table.add_column(column, justify="right" if column else "left")
    for line in results:
        numbers = [
            _number(value, first["unit"]) for value in (line["median"], min(line["rounds"]), max(line["rounds"]))
        ]
        ratio = "" if line["ratio"] is None else f"{line['ratio']:.2f}"
        table.add_row(line["who"], *numbers, ratio, str(line.get("parameters", "")))
    console.print(table)


def show_nats(console: Console, results: Results) -> None:
    """One table of one density and kind: each run, and each competitor's mean over seeds beside the best peer's."""
    first = results[0]
    table = Table(title=f"{first['density']}, {first['kind']}: gap in nats, ± standard error over held-out rows")
    for column in ("", "seed", "gap", "steps", "seconds", "passes", "parameters"):
        table.add_column(column, justify="right" if column else "left")
    for line in sorted(results, key=lambda line: line["who"]):
        gap = f"{line['gap']:.5f} ± {line['standard_error']:.5f}"
        numbers = (str(line["steps"]), f"{line['seconds']:.1f}", f"{line['passes']:.2f}", str(line["parameters"]))
        table.add_row(line["who"], str(line["seed"]), gap, *numbers)
    console.print(table)
    by_name: dict[str, list[float]] = {}
    for line in results:
        by_name.setdefault(line["who"], []).append(line["gap"])
    peers = {who: np.mean(values) for who, values in by_name.items() if who != "tfgen"}
    best = min(peers, key=lambda who: peers[who]) if peers else None
    for who, values in by_name.items():
        spread = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else float("nan")
        ratio = "" if best is None else f", {np.mean(values) / peers[best]:.2f} × {best}"
        console.print(f"{who}: {np.mean(values):.5f} ± {spread:.5f} (over {len(values)} seeds){ratio}")


def show_checks(console: Console, results: Results) -> None:
    """One table of what must be 1, fall, and be 0."""
    table = Table(title=f"checks, {results[0]['kind']}")
    for column in ("", "integral before", "after", "loss before", "after", "entropy, square − draws"):
        table.add_column(column, justify="right" if column else "left")
    for line in results:
        numbers = [f"{value:.4f}" for value in (*line["integrals"], *line["losses"], line["entropy_difference"])]
        table.add_row(line["who"], *numbers)
    console.print(table)


def _number(value: float, unit: str) -> str:
    """Seconds as milliseconds, rates whole."""
    return f"{1e3 * value:.3f} ms" if unit == "s" else f"{value:,.0f}"
