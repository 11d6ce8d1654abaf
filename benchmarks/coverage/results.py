"""What became of each case, in a file that a test compares the catalogue with."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.coverage.outcome import Outcome

__all__ = ["RESULTS", "Results", "read", "record", "write"]

RESULTS = Path(__file__).with_name("results.json")

Results = dict[str, dict[str, Any]]
"""By case: `ours` and `stock` are `ok` or the reason; `tensorflow` the reason where TensorFlow itself has none."""


def record(results: Results, name: str, converter: str, outcome: Outcome) -> None:
    """Notes an outcome; a case that TensorFlow cannot run has no other."""
    if outcome.status == "untried":
        results[name] = {"tensorflow": outcome.reason}
        return
    entry = {key: value for key, value in results.get(name, {}).items() if key != "tensorflow"}
    entry[converter] = outcome.reason or "ok"
    if converter == "ours":
        entry.pop("difference", None)
        if outcome.difference is not None:
            entry["difference"] = outcome.difference
    results[name] = entry


def read(path: Path = RESULTS) -> Results:
    return json.loads(path.read_text()) if path.exists() else {}


def write(results: Mapping[str, Mapping[str, Any]], path: Path = RESULTS) -> None:
    """A line a case, sorted; whole or not at all."""
    written = {name: json.dumps(results[name], sort_keys=True, ensure_ascii=False) for name in sorted(results)}
    lines = [f"{json.dumps(name)}: {entry}" for name, entry in written.items()]
    beside = path.with_suffix(".part")
    beside.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    beside.replace(path)
