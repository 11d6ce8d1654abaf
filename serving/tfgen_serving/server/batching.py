"""Requests for one endpoint, gathered into batches while threads are busy."""

import asyncio
import collections
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.server.forms import Form
from tfgen_serving.server.limits import Batching
from tfgen_serving.work import Arrays, join

__all__ = ["Batcher"]


@dataclass(frozen=True, eq=False)
class _Task:
    """Rows of one form that wait, at most a batch of them, since when, and who waits for them."""

    inputs: Arrays
    form: Form
    rows: int
    since: float
    future: asyncio.Future[dict[str, NDArray[Any]]]


class _Queue:
    """Those of one form, in order. One that was given up is taken from the middle at once, with its arrays."""

    def __init__(self) -> None:
        self.tasks: collections.OrderedDict[_Task, None] = collections.OrderedDict()
        self.rows = 0

    @property
    def since(self) -> float:
        """Since when the first one waits."""
        return next(iter(self.tasks)).since

    def add(self, task: _Task) -> None:
        self.tasks[task] = None
        self.rows += task.rows

    def remove(self, task: _Task) -> None:
        del self.tasks[task]
        self.rows -= task.rows


class Batcher:
    """Runs a row-wise function on rows of several requests at once; belongs to one event loop.

    Args:
        run: From arrays of one batch size to arrays of it; row i of the outputs depends on row i of the inputs alone.
        parameters: Sizes and waits.
        executor: Where `run` runs; it has `num_batch_threads` threads or more.
        form: From a request's inputs, and the most rows of a batch, to what others must be like to run with it.
    """

    def __init__(
        self,
        run: Callable[[Arrays], dict[str, NDArray[Any]]],
        parameters: Batching,
        executor: Executor,
        form: Callable[[Arrays, int], Form],
    ) -> None:
        self._run = run
        self._parameters = parameters
        self._executor = executor
        self._form = form
        self._waiting: dict[Form, _Queue] = {}
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
        rows = len(next(iter(inputs.values())))
        form = self._form(inputs, self._parameters.max_batch_size)
        self._check_room(form, rows)
        loop, most = asyncio.get_running_loop(), form.most
        tasks = []
        for start in range(0, rows, most):
            part, of_part = inputs, form
            if rows > most:
                part = {name: value[start : start + most] for name, value in inputs.items()}
                of_part = self._form(part, self._parameters.max_batch_size)
            tasks.append(_Task(part, of_part, min(most, rows - start), loop.time(), loop.create_future()))
            self._waiting.setdefault(of_part, _Queue()).add(tasks[-1])
        self._start_batches()
        try:
            parts = await asyncio.gather(*(task.future for task in tasks))
        except BaseException:
            for task in tasks:
                self._drop(task)
            raise
        return join(parts)

    def _check_room(self, form: Form, rows: int) -> None:
        """Raises RESOURCE_EXHAUSTED where rows would be too many beside those that wait, in batches of each form."""
        waiting = {form: rows} if self._waiting else {}
        for other, queue in self._waiting.items():
            waiting[other] = waiting.get(other, 0) + queue.rows
        # A request that is larger than the queue is taken where nobody else waits: it could never be otherwise.
        if sum(count / of.most for of, count in waiting.items()) > self._parameters.max_enqueued_batches:
            raise StatusError(
                Code.RESOURCE_EXHAUSTED,
                "The batch scheduling queue to which this task was submitted is full; currently "
                f"{sum(len(queue.tasks) for queue in self._waiting.values())} requests of "
                f"{sum(queue.rows for queue in self._waiting.values())} rows wait",
            )

    def _remove(self, task: _Task) -> None:
        queue = self._waiting[task.form]
        queue.remove(task)
        if not queue.tasks:
            del self._waiting[task.form]

    def _drop(self, task: _Task) -> None:
        """Gives up what has not begun of a request that nobody waits for any more."""
        task.future.cancel()
        if task.form in self._waiting and task in self._waiting[task.form].tasks:
            self._remove(task)

    def _start_batches(self) -> None:
        while self._waiting and self._running < self._parameters.num_batch_threads:
            form = self._ready()
            if form is None:
                return
            self._start(self._next_batch(form))

    def _ready(self) -> Form | None:
        """The form of the batch to be run next; None, and a timer is set, where all may still wait for company."""

        def since(form: Form) -> float:
            return self._waiting[form].since

        loop, oldest = asyncio.get_running_loop(), min(self._waiting, key=since)
        due = since(oldest) + self._parameters.batch_timeout_micros / 1e6
        if loop.time() >= due:
            return oldest
        full = [form for form, queue in self._waiting.items() if queue.rows >= form.most]
        if full:
            return min(full, key=since)
        if self._timer is None:
            self._timer = loop.call_at(due, self._time_is_up)
        return None

    def _time_is_up(self) -> None:
        self._timer = None
        self._start_batches()

    def _next_batch(self, form: Form) -> list[_Task]:
        batch: list[_Task] = []
        rows = 0
        while form in self._waiting:
            task = next(iter(self._waiting[form].tasks))
            if rows + task.rows > form.most:
                break
            self._remove(task)
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
            names = batch[0].inputs
            outputs = self._run({name: np.concatenate([task.inputs[name] for task in batch]) for name in names})
        except Exception:
            return [self._alone(task) for task in batch]  # one request's failure is no other's
        edges = np.cumsum([0, *(task.rows for task in batch)]).tolist()
        return [{name: value[edges[i] : edges[i + 1]] for name, value in outputs.items()} for i in range(len(batch))]

    def _alone(self, task: _Task) -> Any:
        try:
            return self._run(task.inputs)
        except Exception as error:
            return error
