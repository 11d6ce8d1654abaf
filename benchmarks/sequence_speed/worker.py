"""`python -m benchmarks.sequence_speed.worker SIDE FOLDER`: tfgen or PyTorch, at the driver's service.

The two cannot live in one process, and must not work at the same time: a worker waits for its turn in a read.
"""

import importlib
import importlib.metadata
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.flows.limits import bind
from benchmarks.flows.protocol import serve
from benchmarks.sequence_speed.spec import PASS, Trainer

__all__ = ["ROWS", "Session"]

ROWS = "rows.npy"
"""The training rows' file."""


class Session:
    """What the driver may ask for, by name; see `protocol.serve`.

    Args:
        side: a module of this folder with a `Trainer`: `ours` or `peer`.
        folder: where the training rows are.
    """

    def __init__(self, side: str, folder: Path) -> None:
        self._make: Any = importlib.import_module(f"benchmarks.sequence_speed.{side}").Trainer
        self._folder = folder
        self._trainer: Trainer | None = None
        self._used = 0.0

    def build(self, **options: object) -> dict[str, object]:
        """Makes the model and takes its first steps; says whose versions it is of, and how many parameters it has."""
        self._trainer = trainer = self._make(np.load(self._folder / ROWS), **options)
        self._used = time.process_time()
        return {
            "versions": {name: importlib.metadata.version(name) for name in trainer.packages},
            "parameters": trainer.parameters,
            "beginning": trainer.beginning,
        }

    def train(self, steps: int, limit: float = 60.0) -> dict[str, float]:
        """Takes steps.

        Args:
            steps: how many, at most a pass of the rows.
            limit: seconds after which no other step begins, for a side that can stop.

        Returns:
            How many `steps` were taken, their `seconds`, the last `loss`, and the processor's seconds that all threads
            of this process used since the turn before, `waiting`.
        """
        if self._trainer is None:
            raise RuntimeError("`build` must be called before `train`")
        if not 0 < steps <= PASS:
            raise ValueError(f"`steps` must be at most {PASS}, a pass of the rows. Received: steps={steps}")
        waiting = time.process_time() - self._used
        start = time.perf_counter()
        taken, loss = self._trainer.train(steps, limit)
        seconds = time.perf_counter() - start
        self._used = time.process_time()
        return {"steps": taken, "seconds": seconds, "loss": loss, "waiting": waiting}


def main(side: str, folder: str) -> None:
    bind()  # before a library's pools count the processors
    # Libraries print what they like; on standard output that would be taken for an answer.
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(Session(side, Path(folder)), sys.stdin, replies)


if __name__ == "__main__":
    main(*sys.argv[1:])
