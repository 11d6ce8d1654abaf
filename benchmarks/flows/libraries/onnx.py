"""ONNX Runtime on the files that tfgen's worker wrote: exported, or by hand. No TensorFlow in this process."""

from pathlib import Path

import numpy as np
import onnxruntime

from benchmarks.flows.libraries.base import Density
from benchmarks.flows.limits import threads
from benchmarks.flows.spec import Spec

__all__ = ["Library"]


class Library(Density):
    """Raw sessions, one of `score` and one of `sample`; by hand there is `score` alone."""

    variants = ("exported", "minimal")
    packages = ("onnxruntime", "numpy")

    def __init__(self, spec: Spec, folder: Path) -> None:
        super().__init__(spec, folder)
        exported = folder / "exported"
        self._score = _session(exported / "score.onnx" if spec.variant == "exported" else folder / "minimal.onnx")
        self._sample = _session(exported / "sample.onnx") if spec.variant == "exported" else None
        self._seeds: dict[tuple[int, int], np.ndarray] = {}

    def native(self, array: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(array, np.float32)

    def array(self, value: np.ndarray) -> np.ndarray:
        return value

    def score(self, x: np.ndarray) -> np.ndarray:
        return self._score.run(None, {"x": x})[0]

    def sample(self, rows: int, seed: int) -> np.ndarray:
        if self._sample is None:
            raise ValueError("Nothing but `score` is written by hand")
        if (rows, seed) not in self._seeds:
            self._seeds[rows, seed] = np.stack([np.full(rows, seed), np.arange(rows)], axis=1).astype(np.int32)
        return self._sample.run(None, {"seed": self._seeds[rows, seed]})[0]


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
