"""tfgen: `fit` on arrays, and `score` and `sample` as the traced functions that are exported."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks.flows import ours
from benchmarks.flows.libraries.base import Trainable
from benchmarks.flows.limits import threads
from benchmarks.flows.spec import BATCH, CHUNK, Schedule, Spec
from benchmarks.minimal_flow import minimal_flow

__all__ = ["Library"]

_ROWS_OF_SCALE = 100_000


class Library(Trainable):
    """A Keras model of tfgen's."""

    variants = tuple(ours.COMPILED)
    training = ours.TRAINING
    packages = ("tensorflow", "tensorflow-probability", "keras", "numpy")

    def __init__(self, spec: Spec, folder: Path) -> None:
        super().__init__(spec, folder)
        tf.config.threading.set_intra_op_parallelism_threads(threads())
        tf.config.threading.set_inter_op_parallelism_threads(threads())
        self._begin()

    def _begin(self) -> None:
        keras.utils.set_random_seed(self.spec.seed)
        self.model = ours.flow(self.spec)
        self._functions: dict[str, Any] = {}
        self._seeds: dict[tuple[int, int], tf.Tensor] = {}

    @property
    def parameters(self) -> int:
        return int(sum(np.prod(variable.shape) for variable in self.model.trainable_variables))

    def native(self, array: np.ndarray) -> tf.Tensor:
        return tf.constant(array, tf.float32)

    def array(self, value: tf.Tensor) -> np.ndarray:
        return value.numpy()

    def score(self, x: tf.Tensor) -> tf.Tensor:
        return self._function("score")(x)["score"]

    def sample(self, rows: int, seed: int) -> tf.Tensor:
        if (rows, seed) not in self._seeds:
            self._seeds[rows, seed] = tf.stack([tf.fill([rows], seed), tf.range(rows)], axis=1)
        return self._function("sample")(self._seeds[rows, seed])["x"]

    def _function(self, name: str) -> Any:
        if name not in self._functions:
            endpoint = next(endpoint for endpoint in self.model.endpoints() if endpoint.name == name)
            self._functions[name] = endpoint.traced().get_concrete_function()
        return self._functions[name]

    def batches(self, x: np.ndarray) -> np.ndarray:
        # No compiled program of CHUNK steps is left short, for which Keras would compile another.
        return x[: len(x) // (CHUNK * BATCH) * CHUNK * BATCH]

    def start(self, schedule: Schedule, batches: np.ndarray) -> None:
        self._begin()
        self.model.adapt(batches[:_ROWS_OF_SCALE])
        optimizer = ours.optimizer(schedule)
        self.model.compile(optimizer, **ours.COMPILED[self.spec.variant])
        optimizer.build(self.model.trainable_variables)
        variables = [*self.model.variables, *optimizer.variables]
        values = [variable.numpy() for variable in variables]
        self.model.fit(batches[: CHUNK * BATCH], **self._fit)  # compiles, and is undone
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)

    @property
    def _fit(self) -> dict[str, Any]:
        # Rows come in random order already: shuffling them again would cost time and change nothing.
        return {"batch_size": BATCH, "verbose": 0, "shuffle": False}

    def train(self, batches: np.ndarray, steps: int) -> None:
        passes, rest = divmod(steps * BATCH, len(batches))
        if passes:
            self.model.fit(batches, epochs=passes, **self._fit)
        if rest:
            self.model.fit(batches[:rest], **self._fit)

    def export(self) -> None:
        """`score.onnx` and `sample.onnx` as tfgen writes them, and `minimal.onnx` of the same weights by hand."""
        self.model.export(self.folder / "exported", format="onnx")
        (self.folder / "minimal.onnx").write_bytes(minimal_flow(self.model).SerializeToString())
