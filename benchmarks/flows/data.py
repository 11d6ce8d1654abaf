"""Rows on disk, the same for every worker."""

from pathlib import Path

import numpy as np

from tfgen.datasets import Checkerboard, EightGaussians, KnownDensity, Rings

__all__ = ["DENSITIES", "write_pool", "write_timing_rows"]

DENSITIES: dict[str, KnownDensity] = {"B1": EightGaussians(), "B2": Checkerboard(), "B5": Rings()}

_ROWS_AT_ONCE = 1_000_000


def write_pool(truth: KnownDensity, rows: int, *, seed: int, path: Path) -> Path:
    """Writes fresh draws of a density, in parts, for what its sampler needs beside them."""
    pool = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(rows, *truth.event_shape))
    for part, start in enumerate(range(0, rows, _ROWS_AT_ONCE)):
        stop = min(start + _ROWS_AT_ONCE, rows)
        # One seed for each part, none of them the held-out rows' (which are below 1000).
        pool[start:stop] = truth.sample(stop - start, seed=1000 * (seed + 1) + part)["x"]
    pool.flush()
    return path


def write_timing_rows(size: int, rows: int, path: Path, *, seed: int = 0) -> Path:
    """Writes rows to train on and to score, for speed: neighbours depend on each other, which is something to learn."""
    z = np.random.default_rng(seed).normal(size=(rows, size))
    np.save(path, (0.5 * z + np.tanh(2 * np.roll(z, 1, axis=1))).astype(np.float32))
    return path
