"""What must stay as it is while a file is scored, and columns that go to the output."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from tfgen_serving import InputError, Scorer
from tfgen_serving.tables import score_file
from tfgen_serving.tables.columns import ColumnTable

X = np.random.default_rng(0).normal(size=(1001, 2)).astype("float32")
IDS = [f"{row:05d}" for row in range(1001)]


def test_the_file_is_not_changed_between_scoring_and_keeping(
    plain: Scorer, write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write(tmp_path / "rows.parquet", {"id": IDS, "a": X[:, 0], "b": X[:, 1]})
    original = ColumnTable.kept
    for change in (lambda batch: batch.slice(0, len(batch) - 1), lambda batch: pa.concat_batches([batch, batch[:1]])):
        monkeypatch.setattr(
            ColumnTable, "kept", lambda self, names, change=change: (change(batch) for batch in original(self, names))
        )
        with pytest.raises(
            InputError, match=r"the file must stay as it is while it is scored. Received: no longer 1001"
        ):
            score_file(plain, data, tmp_path / "scores.parquet", keep=["id"])
        assert not (tmp_path / "scores.parquet").exists()


def test_the_file_and_the_bundle_are_not_changed_while_rows_are_scored(
    toy: Any, plain_bundle: Path, write: Any, tmp_path: Path
) -> None:
    shutil.copytree(plain_bundle, tmp_path / "base")
    scorer, data, out = Scorer(tmp_path / "base"), write(tmp_path / "x.npy", {"x": X}), tmp_path / "scores.npy"

    def rewrite() -> None:
        write(data, {"x": X + 1})
        os.utime(data, ns=(0, 0))

    for change, told in (
        (rewrite, "the file must stay as it is while it is scored. Received: another modified$"),
        (
            lambda: toy.edit_manifest(tmp_path / "base" / "1", name="other"),
            "the bundle must stay as it is while it is scored. Received: another bundle$",
        ),
    ):
        with pytest.raises(InputError, match=f"^{told}"):
            score_file(scorer, data, out, batch_size=1000, progress=lambda done, total: done == 1000 and change())  # noqa: B023
        assert {path.name for path in tmp_path.iterdir()} == {"base", "x.npy"}


@pytest.mark.parametrize("kind", [pa.list_(pa.int64()), pa.struct({"a": pa.int64()}), pa.map_(pa.string(), pa.int64())])
def test_kept_columns_that_no_csv_file_holds_are_refused_first(
    plain: Scorer, write: Any, kind: Any, tmp_path: Path
) -> None:
    nested = pa.nulls(1001, kind)
    data = write(tmp_path / "rows.parquet", {"id": IDS, "a": X[:, 0], "b": X[:, 1], "nested": nested})
    told: list[int] = []
    with pytest.raises(InputError, match=r"^--keep must name columns that a .csv file can hold. Received: 'nested', "):
        score_file(
            plain,
            data,
            tmp_path / "scores.csv",
            keep=["id", "nested"],
            batch_size=100,
            progress=lambda done, total: told.append(done),
        )
    assert (told, list(tmp_path.iterdir())) == ([], [data])
    score_file(plain, data, tmp_path / "scores.parquet", keep=["nested"])
    assert pa.parquet.read_table(tmp_path / "scores.parquet")["nested"].combine_chunks().equals(nested)
