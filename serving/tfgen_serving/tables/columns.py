"""Columns of Parquet and CSV files as the inputs of an endpoint."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.batches import BATCH_BYTES, batch_rows
from tfgen_serving.tables.choice import Column, width_of
from tfgen_serving.tables.numbers import from_lists, from_numbers, is_list, tell
from tfgen_serving.tables.rows import Rows, find_bad
from tfgen_serving.tensors import TensorInfo

__all__ = ["ColumnTable", "Source"]

_HEAD = 64  # rows that tell how wide one is


class Source(Protocol):
    """A file of named columns.

    Attributes:
        columns: What it has.
        rows: How many rows, where that is known without reading them.
    """

    columns: list[Column]
    rows: int | None

    def batches(self, columns: Sequence[str], start: int, size: int) -> Iterator[tuple[Any, dict[int, str]]]:
        """Yields the rows from row `start` on as `pyarrow.RecordBatch`es of the columns, of about `size` rows.

        With each batch come, by offset, the rows that could not be read, and why; the batch has nulls there.
        """


class ColumnTable:
    """A file's columns, put together as the inputs of an endpoint.

    Args:
        source: The file.
        inputs: The inputs by name.
        chosen: The columns of each, in the order of the entries of a row.

    Attributes:
        rows: How many rows it has, where that is known without reading them.
        chosen: As given.
        free: 1, for a row of columns leaves no size free.
    """

    free = 1

    def __init__(self, source: Source, inputs: Mapping[str, TensorInfo], chosen: Mapping[str, tuple[str, ...]]) -> None:
        self._source = source
        self._infos = inputs
        self.chosen = dict(chosen)
        self.rows = source.rows
        self._size = batch_rows(inputs.values())

    def read(self, start: int = 0) -> Iterator[Rows]:
        """Yields the rows from row `start` on, some at a time."""
        names = list(dict.fromkeys(name for columns in self.chosen.values() for name in columns))
        for batch, broken in self._source.batches(names, start, self._size):
            arrays = {name: self._array(batch, name) for name in self._infos}
            bad = find_bad(arrays, lambda name, row, entry: self._tell(batch, name, row, entry))  # noqa: B023
            shaped = {
                name: array.reshape(len(batch), *(size or 1 for size in self._infos[name].shape[1:]))
                for name, array in arrays.items()
            }
            yield Rows(shaped, bad | broken)

    def kept(self, columns: Sequence[str]) -> Iterator[Any]:
        """Yields all rows of other columns as `pyarrow.RecordBatch`es, fewer at a time where they are wide."""
        head, size = self.head(columns), self._size
        if head is not None:
            size = max(1, min(size, BATCH_BYTES * len(head) // max(1, head.nbytes)))
        for batch, _ in self._source.batches(columns, 0, size):
            yield batch.select(list(columns))

    def head(self, columns: Sequence[str]) -> Any | None:
        """Returns the first rows of other columns as a `pyarrow.RecordBatch`, None where the file has no rows."""
        return next((batch.select(list(columns)) for batch, _ in self._source.batches(columns, 0, _HEAD)), None)

    def _array(self, batch: Any, name: str) -> NDArray[Any]:
        info = self._infos[name]
        columns = [batch.column(column) for column in self.chosen[name]]
        width = width_of(info)
        array = np.empty((len(batch), width), info.dtype)
        with np.errstate(over="ignore"):  # an overflow is a bad row, told by `_tell`
            if is_list(columns[0].type):
                array[:] = from_lists(columns[0], width)
            else:
                for entry, column in enumerate(columns):
                    array[:, entry] = from_numbers(column)
        return array

    def _tell(self, batch: Any, name: str, row: int, entry: int) -> str:
        info, columns = self._infos[name], self.chosen[name]
        width = width_of(info)
        lists = is_list(batch.column(columns[0]).type)
        column = columns[0] if lists else columns[entry]
        return tell(column, batch.column(column), row, entry, width=width, dtype=info.dtype)
