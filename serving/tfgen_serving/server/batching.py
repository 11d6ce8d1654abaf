"""Requests for one endpoint, gathered into batches while threads are busy."""

import asyncio
import collections
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.calls import Arrays, join
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.server.limits import Batching

__all__ = ["Batcher"]


@dataclass(frozen=True, eq=False)
class _Task:
    """Rows that wait, at most a batch of them, since when, and who waits for them."""

    inputs: Arrays
    rows: int
    since: float
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
        # A queue from whose middle a request that was given up is taken at once, with its arrays.
        self._waiting: collections.OrderedDict[_Task, None] = collections.OrderedDict()
        self._waiting_rows = 0
        self._running = 0
        self._timer: asyncio.TimerHandle | None = None

    async def submit(self, inputs: Arrays) -> dict[str, NDArray[Any]]:
        """The outputs of a request's rows.

        Args:
            inputs: Arrays of one batch size, of one row at least.

        Raises:
            StatusError: RESOURCE_EXHAUSTED where too much waits already.
            Exception: Whatever the function raised.
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
            tasks.append(_Task(part, min(most, rows - start), loop.time(), loop.create_future()))
        self._waiting.update(dict.fromkeys(tasks))
        self._waiting_rows += rows
        self._start_batches()
        try:
            parts = await asyncio.gather(*(task.future for task in tasks))
        except BaseException:
            for task in tasks:
                self._drop(task)
            raise
        return join(parts)

    def _drop(self, task: _Task) -> None:
        """Gives up what has not begun of a request that nobody waits for any more."""
        task.future.cancel()
        if task in self._waiting:
            del self._waiting[task]
            self._waiting_rows -= task.rows

    def _start_batches(self) -> None:
        while self._waiting and self._running < self._parameters.num_batch_threads:
            if self._waiting_rows < self._parameters.max_batch_size and self._wait_for_more():
                return
            self._start(self._next_batch())

    def _wait_for_more(self) -> bool:
        """Whether the oldest request may still wait for company; if so, a timer is set."""
        loop, oldest = asyncio.get_running_loop(), next(iter(self._waiting))
        due = oldest.since + self._parameters.batch_timeout_micros / 1e6
        if loop.time() >= due:
            return False
        if self._timer is None:
            self._timer = loop.call_at(due, self._time_is_up)
        return True

    def _time_is_up(self) -> None:
        self._timer = None
        self._start_batches()

    def _next_batch(self) -> list[_Task]:
        batch: list[_Task] = []
        rows = 0
        while self._waiting:
            task = next(iter(self._waiting))
            if rows + task.rows > self._parameters.max_batch_size:
                break
            del self._waiting[task]
            self._waiting_rows -= task.rows
            batch.append(task)
            rows += task.rows
        return batch

    def _start(self, batch: list[_Task]) -> None:
        self._running += 1
        try:
            work = asyncio.get_running_loop().run_in_executor(self._executor, self._outcomes, batch)
        except RuntimeError as error:  # the executor is shut down: the server's time is over
            self._running -= 1
            self._answer(batch, [error] * len(batch))
            return
        work.add_done_callback(lambda done: self._finish(batch, done))

    def _finish(self, batch: list[_Task], done: asyncio.Future[list[Any]]) -> None:
        self._running -= 1
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        self._answer(batch, [error] * len(batch) if error is not None else done.result())
        self._start_batches()

    def _answer(self, batch: list[_Task], outcomes: Sequence[Any]) -> None:
        for task, outcome in zip(batch, outcomes, strict=True):
            if task.future.done():  # whoever asked has gone
                continue
            if isinstance(outcome, asyncio.CancelledError):
                task.future.cancel()
            elif isinstance(outcome, BaseException):
                task.future.set_exception(outcome)
            else:
                task.future.set_result(outcome)

    def _outcomes(self, batch: list[_Task]) -> list[Any]:
        """Each task's outputs, or the error that it failed with; in a thread."""
        if len(batch) == 1:
            return [self._alone(batch[0])]
        try:
            outputs = self._run(join([task.inputs for task in batch]))
        except Exception:
            return [self._alone(task) for task in batch]  # one request's failure is no other's
        edges = np.cumsum([0, *(task.rows for task in batch)]).tolist()
        return [{name: value[edges[i] : edges[i + 1]] for name, value in outputs.items()} for i in range(len(batch))]

    def _alone(self, task: _Task) -> Any:
        try:
            return self._run(task.inputs)
        except Exception as error:
            return error
