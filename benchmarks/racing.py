"""Steps a second of several training runs, alternating in one process."""

import time
from collections.abc import Callable

import numpy as np

__all__ = ["race"]


def race(runs: dict[str, Callable[[], None]], *, peer: str, steps: int, rounds: int) -> None:
    """Prints the median rate of each run, and the median of its ratios to the peer's of the same round.

    Args:
        runs: each takes `steps` steps when it is called.
        peer: the run that the others are compared with, where it is among them.
        steps: of one call.
        rounds: calls of each, after one that compiles.
    """
    if peer not in runs:
        print(f"{peer} is not installed: measuring tfgen alone")
    for run in runs.values():
        run()  # compiles
    rates: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            rates[name].append(steps / (time.perf_counter() - start))
    for name, values in rates.items():
        ratio = np.median(np.array(values) / np.array(rates[peer])) if peer in rates else float("nan")
        print(f"{name}: {np.median(values):.0f} steps/s (median of {rounds}), {ratio:.2f} × {peer}")
