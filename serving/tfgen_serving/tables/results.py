"""Scores that are whole, as the file that was asked for."""

import io
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.errors import InputError
from tfgen_serving.tables.arrow import arrow
from tfgen_serving.tables.columns import ColumnTable
from tfgen_serving.tables.partial import Partial
from tfgen_serving.tables.reading import Table
from tfgen_serving.tables.writing import ColumnWriter, array_file

__all__ = ["check_kept_types", "write_scores"]


def check_kept_types(table: Table, keep: Sequence[str], ending: str) -> None:
    """Raises InputError where a kept column is of a type that a file of this ending cannot hold."""
    if not keep or ending != ".csv" or not isinstance(table, ColumnTable) or (head := table.head(keep)) is None:
        return
    pa, csv = arrow(), arrow("pyarrow.csv")
    for name, column in zip(keep, head.columns, strict=True):
        try:
            csv.write_csv(pa.table({name: column}), io.BytesIO())
        except arrow("pyarrow.lib").ArrowException as error:
            raise InputError(
                f"--keep must name columns that a .csv file can hold. Received: {name!r}, {column.type}"
            ) from error


def write_scores(path: Path, partial: Partial, table: Table, *, keep: Sequence[str], errors: bool) -> None:
    """Writes all scores, and beside them the columns of the scored file that are kept.

    Args:
        path: A .npy, .parquet or .csv file.
        partial: The scores.
        table: Where the rows came from.
        keep: Its columns that are kept.
        errors: Whether there is a column `error`.

    Raises:
        InputError: The file has no longer as many rows as were scored.
    """
    if path.suffix == ".npy":
        with array_file(path, partial.dtype, (partial.rows,)) as file:
            for scores in partial.scores():
                file.write(scores.tobytes())
        return
    if keep and isinstance(table, ColumnTable):
        blocks = _beside(table.kept(keep), partial)
    else:
        blocks = ((None, scores) for scores in partial.scores())
    pa = arrow()
    reasons = _Reasons(partial.errors())
    first = next(blocks)
    fields = [] if first[0] is None else list(first[0].schema)
    fields.append(pa.field("score", pa.from_numpy_dtype(partial.dtype)))
    if errors:
        fields.append(pa.field("error", pa.string()))
    with ColumnWriter(path, pa.schema(fields)) as writer:
        for kept, scores in chain([first], blocks):
            writer.write(_columns(kept, scores, reasons, errors=errors))


def _columns(kept: Any, scores: NDArray[Any], reasons: "_Reasons", *, errors: bool) -> list[Any]:
    pa = arrow()
    told = reasons.take(len(scores))
    columns = [] if kept is None else list(kept.columns)
    without = np.zeros(len(scores), bool)
    without[list(told)] = True
    columns.append(pa.array(scores, mask=without))
    if errors:
        words = [told.get(offset) for offset in range(len(scores))] if told else [None] * len(scores)
        columns.append(pa.array(words, pa.string()))
    return columns


def _beside(batches: Iterator[Any], partial: Partial) -> Iterator[tuple[Any, NDArray[Any]]]:
    """Each batch with its rows' scores."""
    blocks = partial.scores()
    held = np.empty(0, partial.dtype)
    for batch in batches:
        parts = [held]
        while sum(map(len, parts)) < len(batch) and (block := next(blocks, None)) is not None:
            parts.append(block)
        held = np.concatenate(parts)
        if len(held) < len(batch):
            break
        yield batch, held[: len(batch)]
        held = held[len(batch) :]
    else:
        if not len(held) and next(blocks, None) is None:
            return
    raise InputError(f"the file must stay as it is while it is scored. Received: no longer {partial.rows} rows")


class _Reasons:
    """Why rows have no score, handed out as their turn comes."""

    def __init__(self, errors: Iterator[tuple[int, str]]) -> None:
        self._errors = errors
        self._next = next(errors, None)
        self._row = 0

    def take(self, count: int) -> dict[int, str]:
        """Returns those among the next `count` rows by offset."""
        told = {}
        while self._next is not None and self._next[0] < self._row + count:
            told[self._next[0] - self._row] = self._next[1]
            self._next = next(self._errors, None)
        self._row += count
        return told
