"""The paired gap to a known density after equal time of training on fresh rows."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.flows.client import Worker
from benchmarks.flows.data import DENSITIES, write_pool
from benchmarks.flows.field import Competitor, Field
from benchmarks.flows.spec import BATCH, CHUNK, Kind
from benchmarks.flows.training import measured_rate
from tfgen.judging import paired_gap

__all__ = ["gaps"]

_COMPETITORS: dict[Kind, tuple[Competitor, ...]] = {
    "spline": (Competitor("tfgen"), Competitor("flowjax"), Competitor("zuko")),
    "affine": (
        Competitor("tfgen"),
        Competitor("flowjax"),
        Competitor("zuko"),
        Competitor("nflows"),
        Competitor("normflows"),
    ),
}
_TEST_ROWS, _TEST_SEED = 100_000, 2
_CALIBRATION = 5.0
_ROWS_OF_SCALE = 100_000


def gaps(
    field: Field, *, density: str, kind: Kind, seconds: float, seeds: tuple[int, ...], pool_rows: int
) -> Iterator[dict[str, Any]]:
    """Trains all in turns, each seed on rows of its own.

    The speed is measured first, in training that is thrown away; it decides in how many steps the rate falls to nought.
    Neither that nor compiling, standardising and loading rows are part of the time.

    Args:
        field: who takes part.
        density: one of `data.DENSITIES`.
        kind: of flow.
        seconds: to train.
        seeds: of weights and of training rows.
        pool_rows: fresh training rows; where a competitor takes more, it sees some twice, and the result says so.

    Yields:
        One run at a time: label, gap in nats, its standard error (of the held-out rows), steps, seconds, passes.
    """
    truth = DENSITIES[density]
    held_out = truth.sample(_TEST_ROWS, seed=_TEST_SEED)["x"]
    log_prob = truth.log_prob(held_out)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "test.npy", held_out)
        for seed in seeds:
            write_pool(truth, pool_rows, seed=seed, path=folder / "pool.npy")
            for each in [each for each in _COMPETITORS[kind] if each in field]:
                with field.workers([each]) as (workers, _):
                    run = _run(workers[each.label], each, kind=kind, seed=seed, seconds=seconds, folder=folder)
                gap = paired_gap(log_prob, np.load(folder / "scores.npy"))
                yield {
                    "part": "nats",
                    "density": density,
                    "kind": kind,
                    "seed": seed,
                    "who": each.label,
                    "gap": gap.mean,
                    "standard_error": gap.standard_error,
                    "passes": run["steps"] * BATCH / pool_rows,
                    **run,
                }


def _run(worker: Worker, who: Competitor, *, kind: Kind, seed: int, seconds: float, folder: Path) -> dict[str, Any]:
    """Trains one flow for so many seconds, and leaves its scores in the folder."""
    built = worker("build", kind=kind, size=2, seed=seed, variant=who.variant)
    training = built["training"]
    if training["standardize"]:
        x = np.load(folder / "pool.npy", mmap_mode="r")[:_ROWS_OF_SCALE].astype(np.float64)
        worker("standardize", location=x.mean(axis=0).tolist(), scale=x.std(axis=0).tolist())
    worker("load_batches", name="pool", path=str(folder / "pool.npy"))
    worker("load_rows", name="test", path=str(folder / "test.npy"))
    worker("start", name="pool", rate=training["rate"])
    steps = _steps_in(worker, seconds)
    worker("start", name="pool", rate=training["rate"], warmup=training["warmup"], steps=steps)
    took = worker("train", name="pool", steps=steps)
    worker("save_scores", name="test", path=str(folder / "scores.npy"))
    return {**built, "steps": steps, "seconds": took}


def _steps_in(worker: Worker, seconds: float) -> int:
    """How many steps fill the time: `fit` takes a while to begin, which a rate alone would count with every step."""
    few = CHUNK * max(1, round(measured_rate(worker, "pool", _CALIBRATION / 4) * _CALIBRATION / 4 / CHUNK))
    many = 3 * few
    short, long = (worker("train", name="pool", steps=steps) for steps in (few, many))
    # On a busy machine the longer one may be the faster; there is then no beginning to tell from the rest.
    each = min(max((long - short) / (many - few), 0.5 * long / many), long / many)
    beginning = long - many * each
    return CHUNK * max(1, round((seconds - beginning) / each / CHUNK))
