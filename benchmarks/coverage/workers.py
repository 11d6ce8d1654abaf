"""Cases in a process of their own, which may hang or die."""

import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Literal

from benchmarks.coverage.case import Case
from benchmarks.coverage.outcome import Outcome

__all__ = ["Converter", "Worker", "run"]

Converter = Literal["ours", "stock"]

_CASES_PER_PROCESS = 250  # TensorFlow frees no traced function


class Worker:
    """A process that tries cases by one converter; made anew where it hangs, dies or has tried many.

    Args:
        converter: `ours` or `stock`.
        timeout: seconds that a case may take.
    """

    def __init__(self, converter: Converter, *, timeout: float) -> None:
        self._converter, self._timeout = converter, timeout
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None
        self._tried = 0

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def __call__(self, name: str) -> Outcome:
        """Tries the case of that name."""
        if self._connection is None or self._tried >= _CASES_PER_PROCESS:
            self._start()
        if self._connection is None or self._process is None:
            raise RuntimeError(f"No process to try a case in. Received: {name}")
        self._tried += 1
        self._connection.send(name)
        try:
            if self._connection.poll(self._timeout):
                return self._connection.recv()
        except EOFError:
            self._process.join(10)
            code = self._process.exitcode
            self._stop()
            return Outcome.failed(f"the process died (exit code {code})")
        self._stop()
        return Outcome.failed(f"no result within {self._timeout:g} s")

    def _start(self) -> None:
        self._stop()
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, self._converter), daemon=True)
        self._process.start()
        other.close()
        self._tried = 0
        self._connection.recv()  # it has imported all: that time is no case's

    def _stop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._connection = self._process = None


def run(cases: Iterable[Case], converter: Converter, *, timeout: float) -> Iterator[tuple[Case, Outcome]]:
    """Tries one case after another, each in the converter's process."""
    with Worker(converter, timeout=timeout) as worker:
        for case in cases:
            yield case, worker(case.name)


def _serve(connection: Connection, converter: Converter) -> None:
    """The process's work: names in, outcomes out."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    _silence()
    warnings.simplefilter("ignore")
    attempt = _attempt(converter)
    from benchmarks.coverage.catalogue import cases

    by_name = {case.name: case for case in cases()}
    connection.send("ready")
    while True:
        try:
            name = connection.recv()
        except EOFError:
            return
        connection.send(attempt(by_name[name]))


def _attempt(converter: Converter) -> Callable[[Case], Outcome]:
    # Ours registers its translations with tf2onnx: the stock one must never be tried in its process.
    if converter == "ours":
        from benchmarks.coverage.ours import try_ours

        return try_ours
    from benchmarks.coverage.stock import try_stock

    return try_stock


def _silence() -> None:
    """What the libraries print from C++ says nothing that the outcome does not."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
