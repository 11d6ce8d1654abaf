"""Steps a second of training a VRNN: tfgen's `fit` beside a loop in PyTorch, in workers that take turns."""

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.flows.client import Worker
from benchmarks.flows.field import Competitor, summary, take_turns
from benchmarks.sequence_speed.spec import BATCH, CHUNK, PASS, SIZE, STEPS
from benchmarks.sequence_speed.worker import ROWS

__all__ = ["Contestant", "check_parameters", "first_look", "hopeful", "make_rows", "training"]

_WORKER = "benchmarks.sequence_speed.worker"
_SIDES = {"tfgen": "ours", "PyTorch": "peer"}
_LEAN = "lean"
_LOOK = 1.0


class Contestant(Competitor):
    """One side in one of its variants."""

    @property
    def is_peer(self) -> bool:
        """Whether it is the loop that tfgen is compared with; the lean one is shown beside it."""
        return self.library == "PyTorch" and not self.variant.startswith(_LEAN)


def make_rows(batches: int, steps: int = STEPS) -> np.ndarray:
    """Sequences to train on, float32 [batches · BATCH, steps, SIZE]: each step depends on the one before."""
    noise = np.random.default_rng(0).normal(size=(steps, batches * BATCH, SIZE)).astype(np.float32)
    for time in range(1, steps):
        noise[time] = 0.9 * noise[time - 1] + 0.4 * noise[time]
    return np.ascontiguousarray(noise.swapaxes(0, 1))


def training(
    interpreters: dict[str, Path], *, threads: int, rounds: int, seconds: float
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Measures all in turns.

    All are looked at first: PyTorch's number of threads that has not half the speed of the other one cannot be the
    better one, and is left out. Where something else runs on one of the processors, two threads of OpenMP's, which spin
    for each other at each product, can be a hundred times slower than one.

    Args:
        interpreters: the Python of tfgen, and of PyTorch where that takes part.
        threads: of each worker; PyTorch also takes part with one.
        rounds: turns of each.
        seconds: of one turn, roughly, but never more steps than a pass of the rows; PyTorch's ends after twice so many.

    Returns:
        For each: label, steps a second, their ratio to the better PyTorch loop's, parameters, versions, and the most
        processor's seconds that it used between two turns; and of those left out, by label, the steps a second at the
        first look.

    Raises:
        AssertionError: where the two sides have other parameters, but for those that begin tfgen's recurrence.
    """
    contestants = {each: options for each, options in _contestants(threads).items() if each.library in interpreters}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        np.save(folder / ROWS, make_rows(PASS))
        built: dict[str, dict[str, Any]] = {}
        workers: dict[str, Worker] = {}
        looks: dict[Contestant, float] = {}
        for each, options in contestants.items():
            python = interpreters[each.library]
            worker = Worker(_SIDES[each.library], python=python, folder=folder, threads=threads, module=_WORKER)
            workers[each.label] = stack.enter_context(worker)
            built[each.label] = worker("build", **options)
            looks[each] = first_look(worker, _chunk(options))
        check_parameters(built)
        chosen = hopeful(looks)
        waits: dict[str, list[float]] = {each.label: [] for each in chosen}
        turns = {}
        for each in chosen:
            steps = _steps_in(seconds, looks[each], _chunk(contestants[each]))
            turns[each.label] = _turn(workers[each.label], steps, 2 * seconds, waits[each.label])
        results = summary(take_turns(turns, rounds=rounds), chosen)
    told = [{**built[line["who"]], **line, "waiting": max(waits[line["who"]])} for line in results]
    return told, {each.label: rate for each, rate in looks.items() if each not in chosen}


def hopeful(looks: dict[Contestant, float]) -> list[Contestant]:
    """Those that have half the speed, at the first look, of the fastest of their kind; tfgen's variants always.

    Args:
        looks: steps a second.
    """
    best: dict[tuple[str, bool], float] = {}
    for each, rate in looks.items():
        kind = (each.library, each.is_peer)
        best[kind] = max(rate, best.get(kind, 0.0))
    return [
        each
        for each, rate in looks.items()
        if each.library != "PyTorch" or rate > 0.5 * best[each.library, each.is_peer]
    ]


def check_parameters(built: dict[str, dict[str, Any]]) -> None:
    """Says no where the networks are not the same.

    Args:
        built: by label, `parameters`, and those that say what the recurrence begins with, `beginning`.

    Raises:
        AssertionError: where the numbers without those differ.
    """
    counts = {label: each["parameters"] - each["beginning"] for label, each in built.items()}
    if len(set(counts.values())) != 1:
        raise AssertionError(f"All must have the same parameters, but for what the recurrence begins with: {counts}")


def _contestants(threads: int) -> dict[Contestant, dict[str, Any]]:
    """All, each with what `build` is told."""
    compiled = {
        f"jit_compile, {CHUNK} steps an execution": {"jit_compile": True, "steps_per_execution": CHUNK},
        "jit_compile": {"jit_compile": True},
        "not compiled": {},
    }
    ours = {Contestant("tfgen", variant): options for variant, options in compiled.items()}
    peers = {
        Contestant("PyTorch", f"{kind}, {count} thread{'s' if count > 1 else ''}"): {"threads": count, "lean": lean}
        for kind, lean in (("loop", False), (f"{_LEAN} loop", True))
        for count in sorted({1, threads})
    }
    return {**ours, **peers}


def first_look(worker: Callable[..., Any], chunk: int) -> float:
    """Steps a second, of about a second.

    Args:
        worker: one that is built.
        chunk: steps of a compiled program.
    """
    steps = chunk
    while True:
        found = worker("train", steps=steps, limit=_LOOK)
        if found["seconds"] > 0.7 * _LOOK or steps == PASS:
            return found["steps"] / found["seconds"]
        steps = min(PASS, chunk * round(steps * min(10.0, _LOOK / found["seconds"]) / chunk + 0.5))


def _steps_in(seconds: float, rate: float, chunk: int) -> int:
    """About how many steps take so long: whole compiled programs, at most a pass."""
    return min(PASS, chunk * max(1, round(seconds * rate / chunk)))


def _chunk(options: dict[str, Any]) -> int:
    return int(options.get("steps_per_execution", 1))


def _turn(worker: Worker, steps: int, limit: float, waits: list[float]) -> Callable[[], float]:
    def turn() -> float:
        found = worker("train", steps=steps, limit=limit)
        waits.append(found["waiting"])
        return found["steps"] / found["seconds"]

    return turn
