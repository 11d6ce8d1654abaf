"""Parquet files, a few pages at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tfgen_serving.tables.arrow import arrow, whole_file
from tfgen_serving.tables.choice import Column
from tfgen_serving.tables.numbers import is_list, is_number

__all__ = ["ParquetSource"]

_BUFFER = 1 << 20  # bytes read ahead in each column: without it, a whole row group's would be


class ParquetSource:
    """A Parquet file's columns.

    Args:
        path: The file.

    Attributes:
        columns: Its columns.
        rows: How many rows it has.

    Raises:
        ImportError: pyarrow is not installed.
        InputError: The file is not a whole Parquet file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with whole_file(path, "Parquet"), self._open() as file:
            self.columns = [
                Column(
                    field.name,
                    number=_may_be_number(field.type),
                    list=is_list(field.type),
                    kind=str(field.type),
                )
                for field in file.schema_arrow
            ]
            self.rows: int | None = file.metadata.num_rows
            self._groups = [file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)]

    def batches(self, columns: Sequence[str], start: int, size: int) -> Iterator[tuple[Any, dict[int, str]]]:
        """Yields `pyarrow.RecordBatch`es of the columns from row `start` on: `Source.batches`."""
        group = 0
        while group < len(self._groups) and start >= self._groups[group]:
            start -= self._groups[group]
            group += 1
        with whole_file(self._path, "Parquet"), self._open() as file:
            groups = range(group, len(self._groups))
            # One thread decodes: the others belong to ONNX Runtime, which runs meanwhile.
            for batch in file.iter_batches(size, row_groups=list(groups), columns=list(columns), use_threads=False):
                if start < len(batch):
                    yield batch.slice(start), {}
                start = max(0, start - len(batch))

    def _open(self) -> Any:
        return arrow("pyarrow.parquet").ParquetFile(self._path, buffer_size=_BUFFER, pre_buffer=False)


def _may_be_number(kind: Any) -> bool:
    return is_number(kind.value_type if arrow().types.is_dictionary(kind) else kind)
