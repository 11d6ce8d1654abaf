"""CSV files, a block at a time; lines that are no rows of the table keep their place in it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfgen_serving.errors import InputError
from tfgen_serving.tables.arrow import arrow, whole_file
from tfgen_serving.tables.choice import Column
from tfgen_serving.tables.numbers import from_numbers

__all__ = ["CsvSource"]

_BLOCK = 1 << 20  # bytes; the parser reads some thirty blocks ahead


class CsvSource:
    """A CSV file's columns: commas, quotes where needed, UTF-8, names in the first line. Blank lines are no rows.

    Every cell is read as text, so that one that is not a number is found by its row rather than stopping the
    parser, and so that what is kept, such as ``007``, stays as it is. A line of too many or too few cells is a row
    of nulls.

    Args:
        path: The file.

    Attributes:
        columns: Its columns; those that hold a number in the first block count as numbers.
        rows: None: only reading tells.

    Raises:
        ImportError: pyarrow is not installed.
        InputError: The file is empty, not UTF-8, or its first line is of numbers.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rows: int | None = None
        self._names: list[str] = []
        with whole_file(path, "CSV"):
            reader = arrow("pyarrow.csv").open_csv(path, **self._settings({}))
            self._names = reader.schema.names
        if all(_is_number(name) for name in self._names):
            raise InputError(f"the file must begin with a line of names. Received: {', '.join(self._names)} in {path}")
        first = next(iter(self.batches(())), None)
        self.columns = [
            Column(
                name,
                number=first is not None and _has_number(first[0].column(index)),
                list=False,
                text=True,
                kind="text",
            )
            for index, name in enumerate(self._names)
        ]

    def batches(self, columns: Sequence[str], start: int = 0, size: int = 0) -> Iterator[tuple[Any, dict[int, str]]]:
        """Yields `pyarrow.RecordBatch`es of the columns from row `start` on: `Source.batches`.

        How many rows a batch has depends on the block, not on `size`.
        """
        pa = arrow()
        broken: dict[int, str] = {}

        def note(line: Any) -> str:
            # Numbers count from 1, the names' line included and blank lines left out.
            broken[line.number - 2] = (
                f"the line must have {line.expected_columns} cells. Received: {line.actual_columns}"
            )
            return "skip"

        settings = self._settings({name: pa.string() for name in self._names}, columns, note)
        row = 0
        with whole_file(self._path, "CSV"):
            reader = arrow("pyarrow.csv").open_csv(self._path, **settings)
            schema = reader.schema
            for batch in reader:
                # The parser is ahead of the batch, so that lines of later batches may have been noted already.
                batch, wrong = _with_broken(batch, broken, row)
                yield from _from(start - row, batch, wrong)
                row += len(batch)
            if broken:  # after the last row that is whole
                nothing = pa.RecordBatch.from_pylist([], schema=schema)
                batch, wrong = _with_broken(nothing, broken, row)
                yield from _from(start - row, batch, wrong)

    def _settings(
        self, types: dict[str, Any], columns: Sequence[str] = (), note: Any = lambda line: "skip"
    ) -> dict[str, Any]:
        csv = arrow("pyarrow.csv")
        return {
            # One thread, which alone knows the number of a line.
            "read_options": csv.ReadOptions(use_threads=False, block_size=_BLOCK),
            "parse_options": csv.ParseOptions(newlines_in_values=True, invalid_row_handler=note),
            "convert_options": csv.ConvertOptions(
                column_types=types, include_columns=list(columns), strings_can_be_null=False
            ),
        }


def _with_broken(batch: Any, broken: dict[int, str], row: int) -> tuple[Any, dict[int, str]]:
    """The batch with a row of nulls for each broken line in it or right after it; these leave `broken`."""
    pa = arrow()
    places: list[int | None] = []
    wrong: dict[int, str] = {}
    if not broken:
        return batch, wrong
    taken = 0
    while taken < len(batch) or row + len(places) in broken:
        if row + len(places) in broken:
            wrong[len(places)] = broken.pop(row + len(places))
            places.append(None)
            continue
        # Up to the next broken line all is whole.
        count = min([len(batch) - taken, *(number - row - len(places) for number in broken)])
        places += range(taken, taken + count)
        taken += count
    return batch.take(pa.array(places, pa.int64())), wrong


def _from(start: int, batch: Any, wrong: dict[int, str]) -> Iterator[tuple[Any, dict[int, str]]]:
    start = max(0, start)
    if start < len(batch):
        yield batch.slice(start), {offset - start: reason for offset, reason in wrong.items() if offset >= start}


def _is_number(text: str) -> bool:
    return _has_number(arrow().array([text]))


def _has_number(column: Any) -> bool:
    return bool(np.isfinite(from_numbers(column)).any())
