"""Who is compared, and how the turns are taken."""

import contextlib
import dataclasses
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.flows.client import Worker
from benchmarks.flows.peers import PEERS

__all__ = ["Competitor", "Field", "Rates", "summary", "take_turns"]

_PAUSE = 0.5

Rates = dict[str, list[float]]
"""By competitor, one number of each round."""


@dataclasses.dataclass(frozen=True)
class Competitor:
    """One library in one of its variants."""

    library: str
    variant: str = ""

    @property
    def label(self) -> str:
        """What tables call it."""
        return f"{self.library}, {self.variant}" if self.variant else self.library

    @property
    def is_peer(self) -> bool:
        """Whether it is one that tfgen is compared with."""
        return self.library in PEERS


@dataclasses.dataclass(frozen=True)
class Field:
    """Where workers come from.

    Attributes:
        interpreters: the Python of each library.
        threads: of each worker.
        libraries: the peers to compare with; tfgen is always there.
    """

    interpreters: Mapping[str, Path]
    threads: int
    libraries: tuple[str, ...] = PEERS

    def __contains__(self, competitor: Competitor) -> bool:
        return not competitor.is_peer or competitor.library in self.libraries

    @contextlib.contextmanager
    def workers(self, competitors: list[Competitor]) -> Iterator[tuple[dict[str, Worker], Path]]:
        """Running workers by label, and a folder for files that they share."""
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            yield {each.label: stack.enter_context(self._worker(each, folder)) for each in competitors}, folder

    def _worker(self, competitor: Competitor, folder: Path) -> Worker:
        python = self.interpreters[competitor.library]
        return Worker(competitor.library, python=python, folder=folder, threads=self.threads)


def take_turns(turns: Mapping[str, Callable[[], float]], *, rounds: int) -> Rates:
    """Lets each competitor run once a round, so that a noisy machine hits all alike.

    The pause before each turn lets the threads of the one before, which spin for a while, go to sleep.
    """
    rates: Rates = {label: [] for label in turns}
    for _ in range(rounds):
        for label, turn in turns.items():
            time.sleep(_PAUSE)
            rates[label].append(turn())
    return rates


def summary(rates: Rates, competitors: list[Competitor], *, more_is_better: bool = True) -> list[dict[str, Any]]:
    """Medians, and the medians of the ratios to the best peer's number of the same round."""
    medians = {label: float(np.median(values)) for label, values in rates.items()}
    peers = {each.label: medians[each.label] for each in competitors if each.is_peer and each.label in medians}
    best = (max if more_is_better else min)(peers, key=lambda label: peers[label]) if peers else None
    return [
        {
            "who": label,
            "median": medians[label],
            "rounds": values,
            "best_peer": best,
            "ratio": None if best is None else float(np.median(np.array(values) / np.array(rates[best]))),
        }
        for label, values in rates.items()
    ]
