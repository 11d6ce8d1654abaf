"""The driver's side of a worker."""

import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.flows.limits import variables
from benchmarks.flows.protocol import EndedError, ask

__all__ = ["REPOSITORY", "Worker"]

REPOSITORY = Path(__file__).parents[2]
_LAST_LINES = 20


class Worker:
    """A library in a process of its own.

    Args:
        library: a module of `benchmarks.flows.libraries`.
        python: the interpreter that has it.
        folder: for files of exported models.
        threads: how many it may use.
        module: what runs there, with the library and the folder as its arguments.

    Example:
        with Worker("zuko", python=peers, folder=folder, threads=2) as worker:
            worker("build", kind="affine", size=2)
    """

    def __init__(
        self,
        library: str,
        *,
        python: Path,
        folder: Path,
        threads: int,
        module: str = "benchmarks.flows.worker",
    ) -> None:
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 (it lives as long as the process)
        self._process = subprocess.Popen(
            [python, "-m", module, library, folder],
            cwd=REPOSITORY,
            env=variables(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
        )

    def __call__(self, call: str, **arguments: Any) -> Any:
        """The result of one call.

        Raises:
            RemoteError: with the worker's traceback; `EndedError` with what it said before it ended.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("A worker has both pipes")
        try:
            return ask(self._process.stdin, self._process.stdout, call, arguments)
        except EndedError as error:
            self._process.wait()
            self._said.seek(0)
            lines = self._said.read().splitlines()[-_LAST_LINES:]
            raise EndedError("\n".join([str(error), *lines])) from None

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._said):
            if stream is not None:
                stream.close()
