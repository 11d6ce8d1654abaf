"""`python -m benchmarks.flows.worker LIBRARY FOLDER`: one library, at the driver's service."""

import dataclasses
import importlib
import importlib.metadata
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.flows.libraries.base import Density, Trainable
from benchmarks.flows.limits import bind
from benchmarks.flows.protocol import serve
from benchmarks.flows.spec import Schedule, Spec

__all__ = ["Session"]

_CHUNK_ROWS = 65_536
_FEWEST_CALLS = 3


class Session:
    """What the driver may ask for, by name; see `protocol.serve`.

    Args:
        library: a module of `benchmarks.flows.libraries`.
        folder: for files of exported models.
    """

    def __init__(self, library: str, folder: Path) -> None:
        self._type: type[Density] = importlib.import_module(f"benchmarks.flows.libraries.{library}").Library
        self._folder = folder
        self._rows: dict[str, object] = {}
        self._batches: dict[str, object] = {}
        self._location: np.ndarray | None = None
        self._scale: np.ndarray | None = None

    def build(self, **spec: object) -> dict[str, object]:
        """Makes the flow; says whose versions it is of, how many parameters it has, and how it is best trained."""
        self._flow = self._type(Spec(**spec), self._folder)
        reply: dict[str, object] = {
            "versions": {name: importlib.metadata.version(name) for name in self._type.packages}
        }
        if isinstance(self._flow, Trainable):
            reply["parameters"] = self._flow.parameters
            reply["training"] = dataclasses.asdict(self._flow.training[self._flow.spec.kind])
        return reply

    def standardize(self, location: list[float], scale: list[float]) -> None:
        """From now on the flow is of (x − location)/scale; scores are of x all the same."""
        self._location, self._scale = np.array(location, np.float32), np.array(scale, np.float32)

    def load_rows(self, name: str, path: str) -> int:
        """Keeps rows of a .npy file to score; returns how many."""
        x = self._standardized(path)
        self._rows[name] = [self._flow.native(x[at : at + _CHUNK_ROWS]) for at in range(0, len(x), _CHUNK_ROWS)]
        return len(x)

    def load_batches(self, name: str, path: str) -> int:
        """Keeps rows of a .npy file to train on; returns how many."""
        x = self._standardized(path)
        self._batches[name] = self._trainable.batches(x)
        return len(x)

    def start(self, name: str, **schedule: object) -> None:
        """Begins training anew; whatever compiles does it now."""
        self._trainable.start(Schedule(**schedule), self._batches[name])

    def train(self, name: str, steps: int) -> float:
        """Takes steps; returns their seconds."""
        start = time.perf_counter()
        self._trainable.train(self._batches[name], steps)
        return time.perf_counter() - start

    def scoring_rate(self, name: str, seconds: float) -> float:
        """Rows a second, of the first chunk of rows again and again."""
        x = self._rows[name][0]
        return len(x) / np.median(_times(lambda: self._flow.score(x), seconds))

    def sampling_rate(self, rows: int, seconds: float) -> float:
        """Draws a second."""
        return rows / np.median(_times(lambda: self._flow.sample(rows, 0), seconds))

    def latency(self, name: str, seconds: float) -> float:
        """Median seconds of one call of `score`."""
        x = self._rows[name][0]
        return float(np.median(_times(lambda: self._flow.score(x), seconds)))

    def array_latency(self, name: str, seconds: float) -> float:
        """Median seconds from rows in NumPy to their scores in NumPy."""
        x = np.array(self._flow.array(self._rows[name][0]))
        return float(np.median(_times(lambda: self._flow.array(self._flow.score(self._flow.native(x))), seconds)))

    def save_scores(self, name: str, path: str) -> None:
        """Writes log q of each row, in nats, as float64."""
        parts = [np.asarray(self._flow.array(self._flow.score(x)), np.float64) for x in self._rows[name]]
        volume = 0.0 if self._scale is None else np.log(self._scale.astype(np.float64)).sum()
        np.save(path, np.concatenate(parts) - volume)

    def save_samples(self, rows: int, seed: int, path: str) -> None:
        """Writes draws."""
        x = self._flow.array(self._flow.sample(rows, seed))
        np.save(path, x if self._scale is None else x * self._scale + self._location)

    def export(self) -> None:
        """Writes files for ONNX Runtime."""
        self._trainable.export()

    def _standardized(self, path: str) -> np.ndarray:
        x = np.load(path)
        return x if self._scale is None else (x - self._location) / self._scale

    @property
    def _trainable(self) -> Trainable:
        if not isinstance(self._flow, Trainable):
            raise TypeError(f"The flow must be one that trains. Received: {type(self._flow).__module__}")
        return self._flow


def _times(function: Callable[[], object], seconds: float) -> list[float]:
    """Of calls until so many seconds are over, after one that compiles."""
    function()
    times, end = [], time.perf_counter() + seconds
    while len(times) < _FEWEST_CALLS or time.perf_counter() < end:
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return times


def main(library: str, folder: str) -> None:
    bind()  # before a library's pools count the processors
    # Libraries print what they like; on standard output that would be taken for an answer.
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(Session(library, Path(folder)), sys.stdin, replies)


if __name__ == "__main__":
    main(*sys.argv[1:])
