"""Whether each library's density is one, its draws are of it, and its steps lower the loss."""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.flows.client import Worker
from benchmarks.flows.data import write_pool
from benchmarks.flows.field import Competitor, Field
from benchmarks.flows.spec import BATCH, CHUNK, Kind
from tfgen.datasets import EightGaussians

__all__ = ["checks"]

_EDGE, _POINTS = 8.0, 800
_DRAWS = 50_000
_COMPETITORS = (
    *(Competitor("tfgen", variant) for variant in ("plain", "steps", "jit")),
    *(Competitor(library) for library in ("zuko", "nflows", "normflows")),
    *(Competitor("flowjax", variant) for variant in ("step", "scan")),
)


def checks(field: Field, *, kind: Kind, steps: int = 10 * CHUNK) -> list[dict[str, Any]]:
    """Trains each flow for a few steps on eight Gaussians.

    Args:
        field: who takes part.
        kind: of flow.
        steps: how many, a multiple of 50.

    Returns:
        For each: the integrals of the density over a square before and after training, which are 1; the mean −log q of
        held-out rows before and after; and the entropy by the square less that by draws, which is 0.
    """
    results = []
    for each in [each for each in _COMPETITORS if each in field]:
        with field.workers([each]) as (workers, folder):
            worker = workers[each.label]
            write_pool(EightGaussians(), steps * BATCH, seed=0, path=folder / "pool.npy")
            x = np.load(folder / "pool.npy").astype(np.float64)
            built = worker("build", kind=kind, size=2, variant=each.variant)
            if built["training"]["standardize"]:
                worker("standardize", location=x.mean(axis=0).tolist(), scale=x.std(axis=0).tolist())
            np.save(folder / "test.npy", EightGaussians().sample(20_000, seed=2)["x"])
            np.save(folder / "square.npy", _square())
            for name in ("test", "square"):
                worker("load_rows", name=name, path=str(folder / f"{name}.npy"))
            worker("load_batches", name="pool", path=str(folder / "pool.npy"))
            worker("start", name="pool", rate=1e-3)
            before = _look(worker, folder)
            worker("train", name="pool", steps=steps)
            after = _look(worker, folder)
            worker("save_samples", rows=_DRAWS, seed=0, path=str(folder / "draws.npy"))
            worker("load_rows", name="draws", path=str(folder / "draws.npy"))
            by_draws = -_scores(worker, "draws", folder).mean()
        results.append(
            {
                "part": "check",
                "who": each.label,
                "kind": kind,
                "integrals": [before["integral"], after["integral"]],
                "losses": [before["loss"], after["loss"]],
                "entropy_difference": float(after["entropy"] - by_draws),
            }
        )
    return results


def _look(worker: Worker, folder: Path) -> dict[str, float]:
    log_q = _scores(worker, "square", folder)
    # Where an unbounded scale overflows, far from all data, normflows has NaN; there the density is nought.
    log_q[np.isnan(log_q)] = -np.inf
    mass = np.exp(log_q) * (2 * _EDGE / _POINTS) ** 2
    return {
        "integral": float(mass.sum()),
        "entropy": float(-(mass * np.maximum(log_q, -1e3)).sum()),
        "loss": float(-_scores(worker, "test", folder).mean()),
    }


def _scores(worker: Worker, name: str, folder: Path) -> np.ndarray:
    worker("save_scores", name=name, path=str(folder / "scores.npy"))
    return np.load(folder / "scores.npy")


def _square() -> np.ndarray:
    """The middles of small squares that fill [−8, 8]²."""
    middles = (np.arange(_POINTS) + 0.5) * (2 * _EDGE / _POINTS) - _EDGE
    return np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2).astype(np.float32)
