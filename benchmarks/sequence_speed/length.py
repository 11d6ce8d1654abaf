"""What a training step costs by the sequences' length: linear in it is the best there is."""

import time
from typing import Any

import keras
import numpy as np

from benchmarks.sequence_speed.ours import make_vrnn
from benchmarks.sequence_speed.spec import BATCH, CHUNK, RATE, STEPS
from benchmarks.sequence_speed.training import make_rows

__all__ = ["LONG", "Clock", "length"]

LONG = 4 * STEPS
_EXECUTIONS = 2


class Clock(keras.callbacks.Callback):
    """The seconds of each execution: what `fit` does before and after would make the ratio look better."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []
        self._start = 0.0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._start = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.times.append(time.perf_counter() - self._start)


def length(*, rounds: int) -> dict[str, Any]:
    """Measures both lengths in turns, in this process.

    Args:
        rounds: turns of each.

    Returns:
        `times`, seconds of one step, by length and round; `ratios` of each round.
    """
    models = {steps: _Measured(steps) for steps in (STEPS, LONG)}
    times: dict[int, list[float]] = {steps: [] for steps in models}
    for _ in range(rounds):
        for steps, model in models.items():
            times[steps].append(model.turn())
    return {"times": times, "ratios": (np.array(times[LONG]) / times[STEPS]).tolist()}


class _Measured:
    """A compiled VRNN and sequences of one length."""

    def __init__(self, steps: int) -> None:
        self._model = make_vrnn()
        self._model.compile(keras.optimizers.Adam(RATE), jit_compile=True, steps_per_execution=CHUNK)
        self._rows = make_rows(_EXECUTIONS * CHUNK, steps)
        self.turn()  # compiles

    def turn(self) -> float:
        """The seconds of one step."""
        clock = Clock()
        self._model.fit(self._rows, batch_size=BATCH, shuffle=False, verbose=0, callbacks=[clock])
        return float(np.mean(clock.times)) / CHUNK
