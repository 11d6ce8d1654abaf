"""Rows a second scored and drawn, and the time of one row: 8 affine couplings, 64-64."""

from typing import Any

import numpy as np

from benchmarks.flows.client import Worker
from benchmarks.flows.data import write_timing_rows
from benchmarks.flows.field import Competitor, Field, summary, take_turns
from benchmarks.flows.spec import BATCH, CHUNK

__all__ = ["inference"]

_KERAS, _EXPORTED, _MINIMAL = Competitor("tfgen"), Competitor("onnx", "exported"), Competitor("onnx", "minimal")
_COMPETITORS = (
    _KERAS,
    _EXPORTED,
    _MINIMAL,
    Competitor("zuko"),
    Competitor("nflows"),
    Competitor("normflows"),
    Competitor("flowjax"),
)
_BATCH_ROWS = 65_536
_STEPS = 2 * CHUNK


def inference(field: Field, *, size: int, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Measures all in turns.

    Args:
        field: who takes part.
        size: entries of x.
        rounds: turns of each.
        seconds: of one turn.

    Returns:
        For each of `scoring`, `sampling`, `one row` (the library's own tensors in and out) and `one row in NumPy`, and
        each competitor: label, rows a second or seconds, their ratio to the best peer's, versions.

    Raises:
        AssertionError: where the exported or the hand-minimal graph scores otherwise than Keras does.
    """
    competitors = [each for each in _COMPETITORS if each in field]
    with field.workers(competitors) as (workers, folder):
        many = str(write_timing_rows(size, _BATCH_ROWS, folder / "many.npy", seed=1))
        one = str(write_timing_rows(size, 1, folder / "one.npy", seed=1))
        ours, built = workers[_KERAS.label], {}
        for each in competitors:
            # Keras's worker is the first: the others' files are written by then.
            built[each.label] = workers[each.label]("build", kind="affine", size=size, variant=each.variant)
            for name, path in (("many", many), ("one", one)):
                workers[each.label]("load_rows", name=name, path=path)
            if each is _KERAS:
                _train(ours, str(write_timing_rows(size, _STEPS * BATCH, folder / "rows.npy")))
                ours("export")
        for each in (_EXPORTED, _MINIMAL):
            _assert_equal_scores(ours, workers[each.label], str(folder))
        asked: dict[str, tuple[str, dict[str, Any]]] = {
            "scoring": ("scoring_rate", {"name": "many"}),
            "sampling": ("sampling_rate", {"rows": _BATCH_ROWS}),
            "one row": ("latency", {"name": "one"}),
            "one row in NumPy": ("array_latency", {"name": "one"}),
        }
        results = []
        for what, (call, arguments) in asked.items():
            turns = {
                label: lambda worker=worker: worker(call, seconds=seconds, **arguments)  # noqa: B023 (run before the next)
                for label, worker in workers.items()
                if what != "sampling" or label != _MINIMAL.label
            }
            is_rate = not what.startswith("one row")
            for line in summary(take_turns(turns, rounds=rounds), competitors, more_is_better=is_rate):
                unit = "rows/s" if is_rate else "s"
                results.append({"part": what, "size": size, "unit": unit, **built[line["who"]], **line})
    return results


def _train(worker: Worker, rows: str) -> None:
    """A few steps, so that no weight is nought by its initialisation."""
    worker("load_batches", name="rows", path=rows)
    worker("start", name="rows", rate=1e-3)
    worker("train", name="rows", steps=_STEPS)


def _assert_equal_scores(ours: Worker, other: Worker, folder: str) -> None:
    scores = []
    for worker in (ours, other):
        worker("save_scores", name="many", path=f"{folder}/scores.npy")
        scores.append(np.load(f"{folder}/scores.npy"))
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-4, atol=1e-3)
