"""Many clients at once, every answer compared with the in-process number."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import tfgen_serving
from tfgen_serving import AsyncClient

__all__ = ["Tally", "hammer"]

_TOLERANCE = 1e-5


@dataclass
class Tally:
    """What became of the requests.

    Attributes:
        right: Answers that are the in-process numbers.
        wrong: Answers that are not.
        failed: Errors, by their class.
        rows: In right answers.
        seconds: Of the whole.
        latencies: Of right answers, in seconds.
    """

    right: int = 0
    wrong: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        quantiles = 1e3 * np.quantile(self.latencies or [np.nan], [0.5, 0.99])
        failed = ", ".join(f"{count} {name}" for name, count in self.failed.items()) or "none"
        return (
            f"{self.right} right, {self.wrong} wrong, failed: {failed}; {self.right / self.seconds:.0f} requests/s, "
            f"{self.rows / self.seconds:.0f} rows/s, median {quantiles[0]:.1f} ms, 99 % within {quantiles[1]:.1f} ms"
        )


async def hammer(
    url: str, scorer: tfgen_serving.Scorer, *, clients: int, seconds: float, rows: int, retries: int = 0
) -> Tally:
    """Scores random blocks of rows until the time is over.

    Args:
        url: Of the server.
        scorer: The same bundle in this process, which says what is right.
        clients: How many ask at once, each with a connection of its own.
        seconds: How long.
        rows: In each request.
        retries: How often a client repeats what failed for want of a server.
    """
    pool = np.random.default_rng(0).normal(size=(max(4 * rows, 4096), 2)).astype(np.float32)
    truth = scorer.score(pool)
    tally, end = Tally(), time.perf_counter() + seconds
    start = time.perf_counter()

    async def one(number: int) -> None:
        rng = np.random.default_rng(number)
        async with AsyncClient(url, scorer.bundle.path.parent.name, retries=retries) as client:
            while time.perf_counter() < end:
                at = int(rng.integers(0, len(pool) - rows + 1))
                await _ask(client, pool[at : at + rows], truth[at : at + rows], tally)

    await asyncio.gather(*(one(number) for number in range(clients)))
    tally.seconds = time.perf_counter() - start
    return tally


async def _ask(client: Any, x: Any, truth: Any, tally: Tally) -> None:
    start = time.perf_counter()
    try:
        scores = await client.score(x)
    except tfgen_serving.ServerError as error:
        tally.failed[type(error).__name__] += 1
        return
    tally.latencies.append(time.perf_counter() - start)
    if scores.shape == truth.shape and np.allclose(scores, truth, rtol=_TOLERANCE, atol=_TOLERANCE):
        tally.right += 1
        tally.rows += len(x)
    else:
        tally.wrong += 1
