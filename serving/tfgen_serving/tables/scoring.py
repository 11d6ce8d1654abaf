"""Scores of a whole file, in memory that does not grow with it."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.batches import batch_rows
from tfgen_serving.calls import endpoint_of, output_of
from tfgen_serving.errors import InputError
from tfgen_serving.files import MANIFEST_NAME
from tfgen_serving.inputs import as_integer
from tfgen_serving.scorer import Scorer
from tfgen_serving.tables.ahead import ahead
from tfgen_serving.tables.partial import Partial
from tfgen_serving.tables.reading import open_table
from tfgen_serving.tables.results import check_kept_types, write_scores
from tfgen_serving.tables.rows import Rows, regroup
from tfgen_serving.tables.writing import check_out

__all__ = ["Summary", "score_file"]

_OPTIONS = {"x": "--x", "context": "--context", "keep": "--keep"}
_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What became of a file.

    Attributes:
        rows: Its rows.
        resumed: How many of them an earlier run had scored.
        bad: How many have no score.
        first_bad: The first few of those, and why.
        mean: The others' mean score, in nats; NaN where there are none.
    """

    rows: int
    resumed: int
    bad: int
    first_bad: tuple[tuple[int, str], ...]
    mean: float


def score_file(
    scorer: Scorer,
    data: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    x: Sequence[str] | None = None,
    context: Sequence[str] | None = None,
    keep: Sequence[str] = (),
    on_error: str = "fail",
    restart: bool = False,
    batch_size: int | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> Summary:
    """Writes the score of each row of a file to another, in the same order.

    `out` appears whole or not at all. Until then the scores are in the folder ``OUT.partial``, and the same call
    goes on from there after it was interrupted; the result is then the same.

    Args:
        scorer: The bundle.
        data: A .parquet, .csv, .npz or .npy file. An array file holds x and, for a conditional model, context; in files
            of columns these are found by `choose_columns`, unless `x` and `context` name them. Sequences must be in an
            array file, x being ``[n, time, *event]``, perhaps with their mask, ``[n, time]``.
        out: A .npy file of scores; or a .parquet or .csv file of the columns kept, `score` and, for
            ``on_error="null"``, `error`, which says why a row has no score.
        x: Columns of x.
        context: Columns of the context.
        keep: Columns that `out` gets too; cells of a .csv file as text.
        on_error: What to do about a row that cannot be scored, because an entry is no finite number or the
            score is none: ``"fail"`` stops there, ``"null"`` leaves it without a score (NaN in .npy).
        restart: Whether to throw away what an interrupted run has left.
        batch_size: How many rows run at a time; None for `batch_rows`. A model's numbers may differ with it in the
            last digit.
        progress: Called with the rows done and, where it is known, their number.

    Raises:
        BundleError: The bundle is not what its manifest says.
        ImportError: A file needs pyarrow, which is not installed.
        InputError: The file does not fit the model, has a bad row or changes meanwhile, or what is left is of another
            job.
        RunError: ONNX Runtime failed.

    Example:
        >>> score_file(Scorer("moons"), "rows.parquet", "scores.parquet", keep=["id"])  # doctest: +SKIP
        Summary(rows=1000000, resumed=0, bad=0, first_bad=(), mean=-1.31)
    """
    data, out = Path(data), Path(out)
    if on_error not in ("fail", "null"):
        raise InputError(f"on_error must be 'fail' or 'null'. Received: {on_error!r}")
    ending = check_out(out, data)
    _check_kept(keep, ending)
    endpoint = endpoint_of(scorer.endpoints, "score")
    size = None if batch_size is None else as_integer("batch_size", batch_size, minimum=1)
    names = [info.name for info in endpoint.inputs]
    asked = {"x": x, "context": context}
    state = _state(scorer, data)
    table = open_table(data, endpoint, names, asked=asked, options=_OPTIONS, keep=keep)
    if table.rows == 0:
        raise InputError(f"the file must have at least one row. Received: {data}")
    size = batch_rows(endpoint.inputs, table.free) if size is None else size
    dtype = output_of(endpoint, "score").dtype
    check_kept_types(table, keep, ending)
    job = {**state, "columns": table.chosen, "batch size": size}
    with Partial(out, job, dtype, restart=restart) as partial:
        if on_error == "fail":  # an earlier run may have passed over some
            for row, reason in partial.errors():
                raise _bad_row(row, reason)
        with ahead(regroup(table.read(partial.rows), size)) as batches:
            for rows in batches:
                scores, bad = _score(scorer, rows)
                if bad and on_error == "fail":
                    offset = min(bad)
                    raise _bad_row(partial.rows + offset, bad[offset])
                partial.append(scores, bad)
                if progress is not None:
                    progress(partial.rows, table.rows)
        if not partial.rows:
            raise InputError(f"the file must have at least one row. Received: {data}")
        result = partial.folder / f"result{ending}"
        write_scores(result, partial, table, keep=keep, errors=on_error == "null")
        summary = _summary(partial)
        _check_same(state, _state(scorer, data))
        partial.publish(result, out)
    return summary


def _check_kept(keep: Sequence[str], ending: str) -> None:
    if keep and ending == ".npy":
        raise InputError(f"--keep must come with a .parquet or .csv file to write. Received: {list(keep)}")
    if len(set(keep)) < len(keep) or {"score", "error"} & set(keep):
        raise InputError(f"--keep must name different columns, not score or error. Received: {list(keep)}")


def _state(scorer: Scorer, data: Path) -> dict[str, Any]:
    """Of what the scores depend on that which must not change meanwhile."""
    status = data.stat()
    return {
        "bundle": hashlib.sha256((scorer.bundle.path / MANIFEST_NAME).read_bytes()).hexdigest(),
        "file": str(data.resolve()),
        "size": status.st_size,
        "modified": status.st_mtime_ns,
    }


def _check_same(before: dict[str, Any], after: dict[str, Any]) -> None:
    different = sorted(name for name in before if before[name] != after[name])
    if different:
        what = "the bundle" if different == ["bundle"] else "the file"
        raise InputError(f"{what} must stay as it is while it is scored. Received: another {', '.join(different)}")


def _score(scorer: Scorer, rows: Rows) -> tuple[NDArray[Any], dict[int, str]]:
    """The scores, NaN where there is none, and why."""
    if rows.bad:
        good = rows.good()
        scores = np.full(len(rows), np.nan)
        if good.any():
            scores[good] = _run(scorer, Rows({name: array[good] for name, array in rows.arrays.items()}, {}))
    else:
        good = np.ones(len(rows), bool)
        scores = _run(scorer, rows)
    bad = dict(rows.bad)
    nothing = np.isnan(scores) & good
    if nothing.any():
        bad |= {int(offset): "the model's score must be a number. Received: nan" for offset in np.flatnonzero(nothing)}
        bad = dict(sorted(bad.items()))
    return scores, bad


def _run(scorer: Scorer, rows: Rows) -> NDArray[Any]:
    return scorer.score(**rows.arrays, batch_size=len(rows))


def _bad_row(row: int, reason: str) -> InputError:
    return InputError(f"row {row} has no score, and --on-error null would pass over it: {reason}")


def _summary(partial: Partial) -> Summary:
    total, numbers = 0.0, 0
    for scores in partial.scores():
        there = scores[~np.isnan(scores)].astype(np.float64)
        total, numbers = total + float(there.sum()), numbers + len(there)
    errors: Iterator[tuple[int, str]] = partial.errors()
    return Summary(
        rows=partial.rows,
        resumed=partial.resumed,
        bad=partial.rows - numbers,
        first_bad=tuple(islice(errors, _SHOWN)),
        mean=total / numbers if numbers else float("nan"),
    )
