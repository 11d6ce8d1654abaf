"""Files of columns and of arrays, written some rows at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from tfgen_serving.batches import BATCH_BYTES
from tfgen_serving.errors import InputError
from tfgen_serving.tables.arrow import arrow

__all__ = ["ColumnWriter", "array_file", "check_out"]

_GROUP = 1 << 18  # rows of a row group, or fewer where they are wide


def check_out(out: Path, source: Path | None) -> str:
    """Returns how `out` ends, ``".npy"`` for a bare name.

    Raises:
        ImportError: It needs pyarrow, which is not installed.
        InputError: Its ending is of no file that can be written, its folder is none, or it is `source`, the file that
            is read.
    """
    if source is not None and out.exists() and out.samefile(source):
        raise InputError(f"--out must be another file than the one that is read. Received: {out}")
    ending = out.suffix.lower() or ".npy"
    if ending not in (".npy", ".parquet", ".csv"):
        raise InputError(f"--out must end in .npy, .parquet or .csv. Received: {out}")
    if not out.parent.is_dir():
        raise InputError(f"--out must be in a folder that is there. Received: {out}")
    if ending != ".npy":
        arrow()  # where it is missing, that is told before anything runs
    return ending


@contextmanager
def array_file(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Iterator[IO[bytes]]:
    """Gives a .npy file whose head is written, to be filled with the array's bytes in C's order."""
    with path.open("wb") as file:
        numpy_format: Any = np.lib.format  # which has no types
        head = {"descr": numpy_format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        numpy_format.write_array_header_1_0(file, head)
        yield file


class ColumnWriter:
    """A Parquet or CSV file that is written a few rows at a time; it holds no more than a row group of them.

    Args:
        path: The file, whose ending tells which.
        schema: Its `pyarrow.Schema`.
    """

    def __init__(self, path: Path, schema: Any) -> None:
        if path.suffix.lower() == ".parquet":
            self._writer = arrow("pyarrow.parquet").ParquetWriter(path, schema)
        else:
            self._writer = arrow("pyarrow.csv").CSVWriter(path, schema)
        self._schema = schema
        self._held: list[Any] = []

    def __enter__(self) -> "ColumnWriter":
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if kind is None:
                self._flush()
        finally:
            self._writer.close()

    def write(self, columns: Sequence[Any]) -> None:
        """Adds rows, given as an Arrow array for each column of the schema."""
        self._held.append(arrow().RecordBatch.from_arrays(list(columns), schema=self._schema))
        if sum(map(len, self._held)) >= _GROUP or sum(batch.nbytes for batch in self._held) >= BATCH_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._held:
            self._writer.write_table(arrow().Table.from_batches(self._held), _GROUP)
            self._held = []
