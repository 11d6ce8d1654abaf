"""Files of rows, written every way that `tfgen score` reads."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from numpy.typing import NDArray

from tfgen_serving import Scorer


@pytest.fixture(scope="session")
def plain(plain_bundle: Path) -> Scorer:
    return Scorer(plain_bundle)


@pytest.fixture(scope="session")
def given(context_bundle: Path) -> Scorer:
    return Scorer(context_bundle)


@pytest.fixture(scope="session")
def write() -> Callable[..., Path]:
    """Writes columns to a .parquet or .csv file, or arrays to an .npz or .npy file."""

    def to(path: Path, columns: dict[str, Any], **options: Any) -> Path:
        if path.suffix == ".parquet":
            pa.parquet.write_table(pa.table(columns), path, **options)
        elif path.suffix == ".csv":
            pa.csv.write_csv(pa.table(columns), path, **options)
        elif path.suffix == ".npz":
            np.savez(path, **columns)
        else:
            np.save(path, columns["x"])
        return path

    return to


@pytest.fixture(scope="session")
def load() -> Callable[[Path], NDArray[Any]]:
    """The scores of a file; NaN where there is none."""

    def scores(path: Path) -> NDArray[Any]:
        if path.suffix == ".npy":
            return np.load(path)
        table = pa.parquet.read_table(path) if path.suffix == ".parquet" else pa.csv.read_csv(path)
        return table["score"].to_numpy().astype(np.float32)

    return scores
