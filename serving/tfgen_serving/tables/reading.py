"""A file of rows, opened for the inputs of an endpoint."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from tfgen_serving.errors import InputError
from tfgen_serving.masks import takes_mask
from tfgen_serving.tables.arrays import ArrayTable
from tfgen_serving.tables.choice import check_known, choose_columns
from tfgen_serving.tables.columns import ColumnTable, Source
from tfgen_serving.tables.rows import Rows
from tfgen_serving.tensors import EndpointInfo

__all__ = ["Table", "open_table"]


class Table(Protocol):
    """Rows of a file, for the inputs of an endpoint.

    Attributes:
        rows: How many, where that is known without reading them.
        chosen: By input the columns or the array that it is read from.
        free: The largest of the sizes that the inputs leave free; 1 where there is none.
    """

    rows: int | None
    chosen: dict[str, tuple[str, ...]]
    free: int

    def read(self, start: int = 0) -> Iterator[Rows]:
        """Yields the rows from row `start` on, some at a time."""


def open_table(
    path: str | os.PathLike[str],
    endpoint: EndpointInfo,
    inputs: Sequence[str],
    *,
    asked: Mapping[str, Sequence[str] | None],
    options: Mapping[str, str],
    keep: Collection[str] = (),
) -> Table:
    """Opens a .parquet, .csv, .npz or .npy file by its ending.

    Args:
        path: The file.
        endpoint: The endpoint that its rows are for.
        inputs: Those of the endpoint's inputs that the file is to hold.
        asked: Columns by input, where the user named them; None or missing where not.
        options: By input, and for "keep", the option that names columns, for the errors.
        keep: Columns that go to the output.

    Returns:
        The table; a `ColumnTable` where the file has columns.

    Raises:
        ImportError: The file needs pyarrow, which is not installed.
        InputError: The file is broken, or does not fit the endpoint.
    """
    path = Path(path)
    infos = {info.name: info for info in endpoint.inputs if info.name in inputs}
    sequences = takes_mask(endpoint)
    for info in infos.values():
        if sequences and info.name == "mask":
            continue
        if info.name not in options:
            raise InputError(f"the endpoint must take x and context alone. Received: {info.name}, {info.text}")
        if not info.dtype.startswith("float"):
            raise InputError(f"{info.name} must be floating numbers to be read from a file. Received: {info.text}")
    told = {name: tuple(names) for name, names in asked.items() if names is not None}
    ending = path.suffix.lower()
    if ending not in (".parquet", ".csv"):
        if ending not in (".npy", ".npz", ""):
            raise InputError(f"the file must end in .parquet, .csv, .npz or .npy. Received: {path}")
        for name, names in {**told, "keep": tuple(keep)}.items():
            if names:
                raise InputError(f"{options[name]} must name columns, which {path} has not. Received: {list(names)}")
        return ArrayTable(path, endpoint, infos)
    if sequences:
        raise InputError(
            f"the file must be .npz, or .npy of x alone, to hold sequences: x is {infos['x'].text}. Received: {path}"
        )
    # Imported here: the modules of one kind of file are not loaded for another's.
    from tfgen_serving.tables.csv_file import CsvSource
    from tfgen_serving.tables.parquet import ParquetSource

    source: Source = ParquetSource(path) if ending == ".parquet" else CsvSource(path)
    check_known(options["keep"], list(keep), source.columns)
    chosen = choose_columns(list(infos.values()), source.columns, told, options=options, kept=keep)
    return ColumnTable(source, infos, chosen)
