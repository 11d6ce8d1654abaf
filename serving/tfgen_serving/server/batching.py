"""Requests for one endpoint, gathered into batches while threads are busy."""

import asyncio
import collections
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.errors import RunError
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.server.limits import Batching

__all__ = ["Batcher"]

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class _Task:
    """Rows that wait, at most a batch of them, and who waits for them."""

    inputs: Arrays
    rows: int
    future: asyncio.Future[dict[str, NDArray[Any]]]


class Batcher:
    """Runs a row-wise function on rows of several requests at once; belongs to one event loop.

    Args:
        run: From arrays of one batch size to arrays of it; row i of the outputs depends on row i of the inputs alone.
        parameters: Sizes and waits.
        executor: Where `run` runs; it has `num_batch_threads` threads or more.
    """

    def __init__(
        self, run: Callable[[Arrays], dict[str, NDArray[Any]]], parameters: Batching, executor: Executor
    ) -> None:
        self._run = run
        self._parameters = parameters
        self._executor = executor
        self._waiting: collections.deque[_Task] = collections.deque()
        self._waiting_rows = 0
        self._running = 0
        self._timer: asyncio.TimerHandle | None = None

    async def submit(self, inputs: Arrays) -> dict[str, NDArray[Any]]:
        """The outputs of a request's rows.

        Args:
            inputs: Arrays of one batch size, of one row at least.

        Raises:
            StatusError: RESOURCE_EXHAUSTED where too much waits already; INTERNAL where the function failed.
        """
        rows, most = len(next(iter(inputs.values()))), self._parameters.max_batch_size
        # A request that is larger than the queue is taken where nobody else waits: it could never be otherwise.
        if self._waiting_rows and self._waiting_rows + rows > most * self._parameters.max_enqueued_batches:
            raise StatusError(
                Code.RESOURCE_EXHAUSTED,
                f"The batch scheduling queue to which this task was submitted is full; currently {len(self._waiting)} "
                f"requests of {self._waiting_rows} rows wait",
            )
        loop = asyncio.get_running_loop()
        tasks = []
        for start in range(0, rows, most):
            part = inputs if rows <= most else {name: value[start : start + most] for name, value in inputs.items()}
            tasks.append(_Task(part, min(most, rows - start), loop.create_future()))
        self._waiting.extend(tasks)
        self._waiting_rows += rows
        self._start_batches()
        try:
            parts = await asyncio.gather(*(task.future for task in tasks))
        except BaseException:
            for task in tasks:
                task.future.cancel()
            raise
        return parts[0] if len(parts) == 1 else _joined(parts)

    def _start_batches(self) -> None:
        while self._waiting and self._running < self._parameters.num_batch_threads:
            if self._parameters.batch_timeout_micros and self._waiting_rows < self._parameters.max_batch_size:
                self._wait_for_more()
                return
            self._start(self._next_batch())

    def _wait_for_more(self) -> None:
        if self._timer is None:
            delay = self._parameters.batch_timeout_micros / 1e6
            self._timer = asyncio.get_running_loop().call_later(delay, self._time_is_up)

    def _time_is_up(self) -> None:
        self._timer = None
        if self._waiting and self._running < self._parameters.num_batch_threads:
            self._start(self._next_batch())
        self._start_batches()

    def _next_batch(self) -> list[_Task]:
        batch: list[_Task] = []
        rows = 0
        while self._waiting and rows + self._waiting[0].rows <= self._parameters.max_batch_size:
            task = self._waiting.popleft()
            self._waiting_rows -= task.rows
            if not task.future.done():  # else whoever asked has gone
                batch.append(task)
                rows += task.rows
        return batch

    def _start(self, batch: list[_Task]) -> None:
        if not batch:
            return
        self._running += 1
        work = asyncio.get_running_loop().run_in_executor(self._executor, self._outcomes, batch)
        work.add_done_callback(lambda done: self._finish(batch, done))

    def _finish(self, batch: list[_Task], done: asyncio.Future[list[Any]]) -> None:
        self._running -= 1
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        outcomes: Sequence[Any] = [error] * len(batch) if error is not None else done.result()
        for task, outcome in zip(batch, outcomes, strict=True):
            if task.future.done():
                continue
            if isinstance(outcome, BaseException):
                task.future.set_exception(_as_status(outcome))
            else:
                task.future.set_result(outcome)
        self._start_batches()

    def _outcomes(self, batch: list[_Task]) -> list[Any]:
        """Each task's outputs, or the error that it failed with; in a thread."""
        if len(batch) == 1:
            return [self._run(batch[0].inputs)]
        try:
            outputs = self._run(_joined([task.inputs for task in batch]))
        except Exception:
            return [self._alone(task) for task in batch]  # one request's failure is no other's
        edges = np.cumsum([0, *(task.rows for task in batch)]).tolist()
        return [{name: value[edges[i] : edges[i + 1]] for name, value in outputs.items()} for i in range(len(batch))]

    def _alone(self, task: _Task) -> Any:
        try:
            return self._run(task.inputs)
        except Exception as error:
            return error


def _joined(parts: Sequence[Arrays]) -> dict[str, NDArray[Any]]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _as_status(error: BaseException) -> BaseException:
    return StatusError(Code.INTERNAL, str(error)) if isinstance(error, RunError) else error
