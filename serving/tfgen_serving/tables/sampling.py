"""Samples to a file, in memory that does not grow with their number."""

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfgen_serving import calls
from tfgen_serving.atomic import atomic_file
from tfgen_serving.batches import STEPS, batch_rows
from tfgen_serving.calls import Arrays, endpoint_of, output_of
from tfgen_serving.errors import InputError
from tfgen_serving.inputs import as_integer
from tfgen_serving.scorer import Scorer
from tfgen_serving.tables.arrow import arrow
from tfgen_serving.tables.reading import open_table
from tfgen_serving.tables.writing import ColumnWriter, array_file, check_out
from tfgen_serving.tensors import EndpointInfo

__all__ = ["sample_file"]

_OPTIONS = {"context": "--context-columns", "keep": "--keep"}


def sample_file(
    scorer: Scorer,
    n: int,
    out: str | os.PathLike[str],
    *,
    seed: int,
    steps: int | None = None,
    context: str | os.PathLike[str] | None = None,
    context_columns: Sequence[str] | None = None,
    batch_size: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Writes ``scorer.sample(n, context, seed=seed, steps=steps)`` to a file that appears whole or not at all.

    The context's rows are held in memory, the draws are not.

    Args:
        scorer: The bundle.
        n: How many draws, for each context row where there are any.
        out: A .npy file of the array that `Scorer.sample` returns; or a .parquet or .csv file of its rows, in the
            array's order: the entries of x as columns `x_0` and so on (a single one `x`), and where there is a context
            before them the draw, the number of the context row, and this row's entries. Only a .npy file can hold
            sequences.
        seed: An integer in the range of int32.
        steps: Of a model of sequences, which needs it, how long they are.
        context: A .parquet, .csv, .npz or .npy file of context rows, read as `score_file` reads x.
        context_columns: Its columns, where they are not those that `choose_columns` takes.
        batch_size: How many draws run at a time; None for `batch_rows`. A model's numbers may differ with it in the
            last digit.
        progress: Called with the draws done and their number.

    Returns:
        How many rows of x were written.

    Raises:
        BundleError: The bundle is not what its manifest says.
        ImportError: A file needs pyarrow, which is not installed.
        InputError: An argument does not fit the endpoint, or a context row is not of finite numbers.
        RunError: ONNX Runtime failed.

    Example:
        >>> sample_file(Scorer("moons"), 1000, "moons.parquet", seed=0)  # doctest: +SKIP
        1000
    """
    out, source = Path(out), None if context is None else Path(context)
    ending = check_out(out, source)
    endpoint = endpoint_of(scorer.endpoints, "sample")
    _check_steps(endpoint, steps, out, ending)
    size = None if batch_size is None else as_integer("batch_size", batch_size, minimum=1)
    rows = None if source is None else _context(source, endpoint, context_columns)
    work = calls.sample(n, rows, seed, steps).check(endpoint)
    size = batch_rows(endpoint.outputs, work.free) if size is None else size
    name = output_of(endpoint, "x").name

    def draws() -> Iterator[tuple[int, Arrays, NDArray[Any]]]:
        for start, stop in work.spans(size):
            given = work.inputs(start, stop)
            yield start, given, scorer.perform(calls.run("sample", given), size)[name]
            if progress is not None:
                progress(stop, work.rows)

    with atomic_file(out) as path:
        if ending == ".npy":
            _write_array(path, (n,) if rows is None else (n, len(rows)), draws())
        else:
            _write_columns(path, 0 if rows is None else len(rows), draws())
    return work.rows


def _check_steps(endpoint: EndpointInfo, steps: int | None, out: Path, ending: str) -> None:
    sequences = calls.takes(endpoint, STEPS)
    if sequences and steps is None:
        raise InputError("--steps must be given: the model is of sequences, of any length. Received: none")
    if not sequences and steps is not None:
        raise InputError(f"--steps must not be given: the model is not of sequences. Received: {steps}")
    if sequences and ending != ".npy":
        raise InputError(f"--out must end in .npy, to hold sequences of --steps steps. Received: {out}")


def _context(path: Path, endpoint: EndpointInfo, columns: Sequence[str] | None) -> NDArray[Any]:
    if "context" not in {info.name for info in endpoint.inputs}:
        raise InputError(f"context must not be given: the model takes none. Received: {path}")
    table = open_table(path, endpoint, ["context"], asked={"context": columns}, options=_OPTIONS)
    parts: list[NDArray[Any]] = []
    for rows in table.read():
        for offset, reason in rows.bad.items():
            raise InputError(f"row {sum(map(len, parts)) + offset} of the context: {reason}")
        parts.append(rows.arrays["context"])
    if not sum(map(len, parts)):
        raise InputError(f"the file must have at least one row. Received: {path}")
    return np.concatenate(parts)


def _write_array(path: Path, shape: tuple[int, ...], draws: Iterator[tuple[int, Arrays, NDArray[Any]]]) -> None:
    _, _, first = next(draws)
    with array_file(path, first.dtype, (*shape, *first.shape[1:])) as file:
        file.write(first.tobytes())
        for _, _, x in draws:
            file.write(x.tobytes())


def _write_columns(path: Path, rows: int, draws: Iterator[tuple[int, Arrays, NDArray[Any]]]) -> None:
    pa = arrow()
    batches = (_columns(rows, *batch) for batch in draws)
    first = next(batches)
    with ColumnWriter(path, pa.schema({name: array.type for name, array in first.items()})) as writer:
        for columns in chain([first], batches):
            writer.write(list(columns.values()))


def _columns(rows: int, start: int, given: Arrays, x: NDArray[Any]) -> dict[str, Any]:
    """Arrow arrays by column; `rows` is the number of context rows, zero without."""
    columns = _entries("x", x)
    if rows:
        index = np.arange(start, start + len(x))
        columns = {"draw": index // rows, "row": index % rows, **_entries("context", given["context"]), **columns}
    return {name: arrow().array(np.ascontiguousarray(column)) for name, column in columns.items()}


def _entries(name: str, array: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """By column its entries: `name` where a row has one, `name_0` and so on where it has more."""
    flat = array.reshape(len(array), -1)
    if flat.shape[1] == 1:
        return {name: flat[:, 0]}
    return {f"{name}_{entry}": flat[:, entry] for entry in range(flat.shape[1])}
