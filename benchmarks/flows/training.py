"""Steps a second of training: 8 affine couplings, 64-64, batch 512, Adam."""

from collections.abc import Callable
from typing import Any

from benchmarks.flows.client import Worker
from benchmarks.flows.data import write_timing_rows
from benchmarks.flows.field import Competitor, Field, summary, take_turns
from benchmarks.flows.spec import BATCH, CHUNK

__all__ = ["measured_rate", "training"]

_COMPETITORS = (
    Competitor("tfgen", "plain"),
    Competitor("tfgen", "steps"),
    Competitor("tfgen", "jit"),
    Competitor("zuko"),
    Competitor("nflows"),
    Competitor("normflows"),
    Competitor("flowjax", "step"),
    Competitor("flowjax", "scan"),
)
_PASS = 5 * CHUNK
"""Steps of one pass over the training rows."""


def training(field: Field, *, size: int, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Measures all in turns.

    Args:
        field: who takes part.
        size: entries of x.
        rounds: turns of each.
        seconds: of one turn, roughly.

    Returns:
        For each: label, steps a second, their ratio to the best peer's, parameters, versions.
    """
    competitors = [each for each in _COMPETITORS if each in field]
    with field.workers(competitors) as (workers, folder):
        rows = str(write_timing_rows(size, _PASS * BATCH, folder / "rows.npy"))
        built, turns = {}, {}
        for each in competitors:
            worker = workers[each.label]
            built[each.label] = worker("build", kind="affine", size=size, variant=each.variant)
            worker("load_batches", name="rows", path=rows)
            worker("start", name="rows", rate=1e-3)
            turns[each.label] = _turn(worker, _whole(measured_rate(worker, "rows", 1.0) * seconds))
        results = summary(take_turns(turns, rounds=rounds), competitors)
    return [{"part": "training", "size": size, "unit": "steps/s", **built[line["who"]], **line} for line in results]


def measured_rate(worker: Worker, name: str, seconds: float) -> float:
    """Steps a second, of a worker that has begun, over some seconds after a first look."""
    steps = CHUNK
    while True:
        took = worker("train", name=name, steps=steps)
        if took > 0.7 * seconds:
            return steps / took
        steps = CHUNK * max(1, round(steps * min(10.0, seconds / took) / CHUNK))


def _whole(steps: float) -> int:
    """About so many steps: in whole passes over the rows, or in less than one."""
    unit = _PASS if steps >= _PASS else CHUNK
    return unit * max(1, round(steps / unit))


def _turn(worker: Worker, steps: int) -> Callable[[], float]:
    return lambda: steps / worker("train", name="rows", steps=steps)
