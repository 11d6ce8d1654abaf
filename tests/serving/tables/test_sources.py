"""Parquet and CSV files as batches, from any row on."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfgen_serving import InputError
from tfgen_serving.tables import csv_file
from tfgen_serving.tables.csv_file import CsvSource
from tfgen_serving.tables.parquet import ParquetSource


def read(source: Any, names: list[str], start: int, size: int = 65536) -> tuple[list[tuple[Any, ...]], dict[int, str]]:
    """All rows from `start` on, and what is wrong with some by their number in the file."""
    rows: list[tuple[Any, ...]] = []
    wrong: dict[int, str] = {}
    for batch, broken in source.batches(names, start, size):
        assert len(batch)
        wrong |= {start + len(rows) + offset: reason for offset, reason in broken.items()}
        rows += zip(*(batch.column(name).to_pylist() for name in names), strict=True)
    return rows, wrong


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 60), st.integers(1, 25), st.integers(1, 40), st.data())
def test_parquet_from_any_row_on(
    tmp_path_factory: pytest.TempPathFactory, rows: int, group: int, size: int, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "groups.parquet"
    table = pa.table({"a": np.arange(rows), "b": [None if i % 3 else str(i) for i in range(rows)], "c": np.zeros(rows)})
    pa.parquet.write_table(table, path, row_group_size=group)
    source = ParquetSource(path)
    assert source.rows == rows
    start = data.draw(st.integers(0, rows))
    expected = [(None if i % 3 else str(i), i) for i in range(start, rows)]
    assert read(source, ["b", "a"], start, size) == (expected, {})


cells = st.sampled_from(["1", "-2.5", "", "x", "a, b", 'say "so"', "two\nlines", "007"])
lines = st.lists(
    st.one_of(st.lists(cells, min_size=3, max_size=3), st.lists(cells, min_size=1, max_size=5)), max_size=12
)


@settings(deadline=None, max_examples=150)
@given(lines, st.integers(64, 200), st.sampled_from(["\n", "\r\n"]), st.data())
def test_csv_from_any_row_on(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]], block: int, ending: str, data: st.DataObject
) -> None:
    table = [line for line in table if line != [""]]  # which is a blank line, and no row
    path = tmp_path_factory.getbasetemp() / "lines.csv"
    blank = data.draw(st.sets(st.integers(0, 12)))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator=ending)
        writer.writerow(["a", "b", "c"])
        for number, line in enumerate(table):
            writer.writerow(line)
            if number in blank:
                file.write(ending)
    start = data.draw(st.integers(0, len(table)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_file, "_BLOCK", block)
        rows, wrong = read(CsvSource(path), ["c", "a"], start)
    whole = [(line[2], line[0]) if len(line) == 3 else (None, None) for line in table]
    assert rows == whole[start:]
    assert wrong == {
        row: f"the line must have 3 cells. Received: {len(line)}"
        for row, line in enumerate(table)
        if row >= start and len(line) != 3
    }


def test_csv_columns_of_numbers_hold_one_in_the_first_block(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id,a,b,who\nA1,n/a,1,\nA2,2,3,inf\n")
    assert [(column.name, column.number) for column in CsvSource(path).columns] == [
        ("id", False),
        ("a", True),
        ("b", True),
        ("who", False),
    ]


def test_a_csv_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\n1,2\n")
    assert read(CsvSource(path), ["a"], 0) == ([("1",)], {})


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", r"the file must be a whole CSV file \(Empty CSV file\). Received: "),
        (b"1.5,2\n3,4\n", "the file must begin with a line of names. Received: 1.5, 2 in "),
        (b"a,b\n\xff,1\n", r"the file must be a whole CSV file \(.*UTF8.*\). Received: "),
    ],
)
def test_csv_files_that_cannot_be_read(content: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=told):
        read(CsvSource(path), ["b"], 0)


@pytest.mark.parametrize("cut", [0, 3, 40, 200])
def test_parquet_files_that_are_cut(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pa.parquet.write_table(pa.table({"a": np.arange(100)}), path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InputError, match=r"^the file must be a whole Parquet file \(.*\). Received: ") as caught:
        ParquetSource(path)
    assert "\n" not in str(caught.value)
