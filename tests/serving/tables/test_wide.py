"""Rows that are wide: fewer of them at a time."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from tfgen_serving import TensorInfo
from tfgen_serving.tables import columns, writing
from tfgen_serving.tables.columns import ColumnTable
from tfgen_serving.tables.csv_file import CsvSource
from tfgen_serving.tables.parquet import ParquetSource
from tfgen_serving.tables.writing import ColumnWriter

X = TensorInfo(name="x", dtype="float32", shape=(None,))
NUMBERS = np.random.default_rng(0).normal(size=(1000, 8))


@pytest.mark.parametrize(
    ("limit", "groups"), [(1000, [200] * 5), (801, [200] * 5), (800, [100] * 10), (1 << 26, [1000])]
)
def test_a_row_group_is_of_so_many_bytes(limit: int, groups: list[int], tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "BATCH_BYTES", limit)
        with ColumnWriter(tmp_path / "a.parquet", pa.schema({"a": pa.float64()})) as writer:
            for start in range(0, 1000, 100):  # 800 bytes
                writer.write([pa.array(NUMBERS[start : start + 100, 0])])
    with pa.parquet.ParquetFile(tmp_path / "a.parquet") as file:
        assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == groups
        np.testing.assert_array_equal(file.read()["a"], NUMBERS[:, 0])


def test_wide_columns_are_kept_a_few_rows_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "BATCH_BYTES", 6400)
    lists = pa.FixedSizeListArray.from_arrays(pa.array(NUMBERS.reshape(-1)), 8)  # 64 bytes a row
    wide = {f"c{i}": NUMBERS[:, i] for i in range(8)}
    pa.parquet.write_table(pa.table({"x": NUMBERS[:, 0], "lists": lists, **wide}), tmp_path / "a.parquet")
    table = ColumnTable(ParquetSource(tmp_path / "a.parquet"), {"x": X}, {"x": ("x",)})
    for names, size in ((["lists"], 100), (list(wide), 100), (["c3"], 800)):
        batches = list(table.kept(names))
        assert 0.9 * size < max(map(len, batches)) <= size, "a list has a bit more, which says that it is none"
        assert pa.Table.from_batches(batches).equals(pa.parquet.read_table(tmp_path / "a.parquet", columns=names))


def test_what_is_kept_is_read_as_what_is_scored(tmp_path: Path) -> None:
    pa.parquet.write_table(pa.table({"x": NUMBERS[:, 0], "c": NUMBERS[:, 1]}), tmp_path / "a.parquet")
    x = TensorInfo(name="x", dtype="float32", shape=(None, 1 << 17))
    table = ColumnTable(ParquetSource(tmp_path / "a.parquet"), {"x": x}, {"x": ("x",)})
    assert max(map(len, table.kept(["c"]))) == 128


@pytest.mark.parametrize("ending", [".parquet", ".csv"])
def test_a_file_without_rows_keeps_none(ending: str, tmp_path: Path) -> None:
    path, nothing = tmp_path / f"a{ending}", pa.table({"x": pa.array([], pa.float64())})
    (pa.parquet.write_table if ending == ".parquet" else pa.csv.write_csv)(nothing, path)
    table = ColumnTable(ParquetSource(path) if ending == ".parquet" else CsvSource(path), {"x": X}, {"x": ("x",)})
    assert table.head(["x"]) is None
    assert list(table.kept(["x"])) == []
