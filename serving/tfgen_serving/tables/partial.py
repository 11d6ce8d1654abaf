"""Scores on their way to a file, kept on disk such that a run that was cut off can be taken up again."""

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.atomic import atomic_file
from tfgen_serving.errors import InputError

__all__ = ["Partial"]


class Partial:
    """The folder ``OUT.partial``: the scores so far, the rows without one, and how much of both counts.

    Scores and errors are appended to two files. What counts is what `progress.json` says, which is replaced as a
    whole after the others have reached the disk; the rest is cut off when a run is taken up again. A lock that ends
    with its process keeps a second run out.

    Args:
        out: What the scores are for.
        job: What they depend on, as JSON data; a folder of another job is not taken up.
        dtype: The scores'.
        restart: Whether to throw away what another run has left.

    Attributes:
        folder: The folder.
        dtype: The scores'.
        rows: How many rows have been scored.
        resumed: How many of these an earlier run had.

    Raises:
        InputError: The folder is another job's, or another process writes to it.
    """

    SECONDS: ClassVar[float] = 1.0  # between checkpoints: what an interruption costs at most

    def __init__(self, out: Path, job: Mapping[str, Any], dtype: str, *, restart: bool = False) -> None:
        self.folder = out.with_name(f"{out.name}.partial")
        self.dtype = np.dtype(dtype)
        self.folder.mkdir(exist_ok=True)
        self._lock = _locked(self.folder / "lock")
        try:
            self._check_job(json.loads(json.dumps({**job, "dtype": dtype})), restart=restart)
            progress = _json_of(self.folder / "progress.json") or {"rows": 0, "error_bytes": 0}
            sizes = {"scores": progress["rows"] * self.dtype.itemsize, "errors": progress["error_bytes"]}
            for name, size in sizes.items():
                _cut(self.folder / name, size)
            self._scores, self._errors = ((self.folder / name).open("ab") for name in sizes)
        except BaseException:
            self._lock.close()
            raise
        self.rows: int = progress["rows"]
        self.resumed = self.rows
        self._saved_rows = self.rows
        self._saved_at = time.monotonic()

    def __enter__(self) -> "Partial":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with self._errors, self._scores:  # closes each, whatever becomes of the other
                pass
        finally:
            with self._lock:  # while it is held, the folder is no other run's
                if kind is not None and not self._saved_rows:  # nothing that is worth taking up
                    shutil.rmtree(self.folder, ignore_errors=True)

    def append(self, scores: NDArray[Any], bad: Mapping[int, str]) -> None:
        """Adds the next rows' scores, and by offset why some of them have none."""
        self._scores.write(np.ascontiguousarray(scores, self.dtype).tobytes())
        for offset, reason in bad.items():
            self._errors.write(json.dumps([self.rows + offset, reason]).encode() + b"\n")
        self.rows += len(scores)
        if time.monotonic() - self._saved_at >= self.SECONDS:
            self._save()

    def scores(self) -> Iterator[NDArray[Any]]:
        """Yields all scores, some at a time; rows without one hold NaN."""
        self._scores.flush()
        with (self.folder / "scores").open("rb") as file:
            while len(block := np.fromfile(file, self.dtype, 65536)):
                yield block

    def errors(self) -> Iterator[tuple[int, str]]:
        """Yields each row without a score, in order, and why."""
        self._errors.flush()
        with (self.folder / "errors").open("rb") as file:
            for line in file:
                row, reason = json.loads(line)
                yield row, reason

    def publish(self, result: Path, out: Path) -> None:
        """Makes `result`, a file in the folder, `out`, and takes the folder away."""
        with result.open("rb") as file:
            os.fsync(file.fileno())
        result.replace(out)
        shutil.rmtree(self.folder)

    def _save(self) -> None:
        for file in (self._scores, self._errors):
            file.flush()
            os.fsync(file.fileno())
        with atomic_file(self.folder / "progress.json", sync=True) as path:
            path.write_text(json.dumps({"rows": self.rows, "error_bytes": self._errors.tell()}))
        self._saved_rows = self.rows
        self._saved_at = time.monotonic()

    def _check_job(self, job: Mapping[str, Any], *, restart: bool) -> None:
        path = self.folder / "job.json"
        found = None if restart else _json_of(path)
        others = sorted(item.name for item in self.folder.iterdir() if item.name != "lock")
        if not path.exists() and any(not name.startswith(".job.") for name in others):
            raise InputError(
                f"{self.folder} must be free: scores are kept there until they are whole. Received: {', '.join(others)}"
            )
        if found == job:
            return
        if found is not None:
            different = sorted(name for name in job.keys() | found.keys() if job.get(name) != found.get(name))
            raise InputError(
                f"{self.folder} must be of the same job to be continued: delete it, or start again with --restart. "
                f"Received: another {', '.join(different)}"
            )
        for name in ("progress.json", "scores", "errors", "job.json"):
            (self.folder / name).unlink(missing_ok=True)
        with atomic_file(path, sync=True) as partial:
            partial.write_text(json.dumps(job, indent=2) + "\n", encoding="utf-8")


def _json_of(path: Path) -> Any:
    if not path.exists():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _changed(path.parent, f"{path.name}, which is not whole") from error


def _cut(path: Path, size: int) -> None:
    """Cuts off what comes after the file's first `size` bytes."""
    path.touch()
    found = path.stat().st_size
    if found < size:
        raise _changed(path.parent, f"{found} bytes of {path.name}, not {size}")
    os.truncate(path, size)


def _changed(folder: Path, found: str) -> InputError:
    return InputError(f"{folder} must be as it was left: delete it, or start again with --restart. Received: {found}")


def _locked(path: Path) -> IO[bytes]:
    file = path.open("ab")
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise InputError(f"{path.parent} must belong to one run at a time. Received: a second one") from None
    return file
