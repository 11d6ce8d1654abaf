"""Sequences of unequal lengths as one array and a mask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfgen.datasets.arguments import integer_at_least

__all__ = ["length_mask", "pad_sequences"]


def pad_sequences(sequences: Sequence[ArrayLike]) -> dict[str, NDArray[Any]]:
    """Puts sequences of unequal lengths into one array, zeros after each one's end, with a mask.

    Args:
        sequences: n arrays of real numbers, [T_i, *event] with one event shape for all. T_i may be zero, but not of
            all.

    Returns:
        ``{"x": [n, T, *event], "mask": bool[n, T]}``: T is the longest length, and the mask is True at the steps that
        were given, which come first. ``x`` has the sequences' own floating type, the widest where they differ, and is
        float32 where all are of integers; a sequence without steps has no say in it.

    Raises:
        ValueError: If there is no sequence, none has a step, one is not of real numbers, or one has another event
            shape; it names the row.

    Example:
        >>> padded = pad_sequences([[1, 2, 3], [4]])
        >>> padded["x"].tolist(), padded["mask"].tolist()
        ([[1.0, 2.0, 3.0], [4.0, 0.0, 0.0]], [[True, True, True], [True, False, False]])
    """
    rows = [_row(sequence, row) for row, sequence in enumerate(sequences)]
    filled = [row for row in rows if len(row)]
    if not filled:
        raise ValueError(f"`sequences` must have a step at least in one of them. Received: {len(rows)} without any")
    event = filled[0].shape[1:]
    for index, row in enumerate(rows):
        if row.shape[1:] != event:
            raise ValueError(
                f"`sequences` must have one event shape: [T_i, *{event}], as the first that has steps. "
                f"Received: shape={row.shape} in row {index}"
            )
    floating = [row.dtype for row in filled if row.dtype.kind == "f"]
    lengths = np.array([len(row) for row in rows])
    mask = length_mask(lengths, int(lengths.max()))
    x = np.zeros((*mask.shape, *event), np.result_type(*floating) if floating else np.float32)
    for padded, row in zip(x, rows, strict=True):
        padded[: len(row)] = row
    return {"x": x, "mask": mask}


def length_mask(lengths: ArrayLike, steps: int) -> NDArray[np.bool_]:
    """Which steps of padded sequences are theirs: mask[i, t] = (t < lengths[i]).

    Args:
        lengths: [n], integers from 0 to `steps`.
        steps: The steps of the padded sequences, at least 1.

    Returns:
        bool[n, steps], True at the first steps of each row.

    Raises:
        TypeError: If `steps` is no integer.
        ValueError: If `steps` is less than 1, or a length is no integer or out of range; it names the row.

    Example:
        >>> length_mask([2, 0, 3], 3).sum(axis=1).tolist()
        [2, 0, 3]
    """
    steps = integer_at_least(steps, 1, name="steps")
    values = np.asarray(lengths)
    if values.ndim != 1:
        raise ValueError(f"`lengths` must have shape [n]. Received: shape={values.shape}")
    if len(values) and values.dtype.kind not in "iu":
        row = _first_not_whole(values)
        raise ValueError(f"`lengths` must be of an integer type. Received: {values.tolist()[row]!r} in row {row}")
    wrong = (values < 0) | (values > steps)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(f"`lengths` must be from 0 to {steps}, the steps. Received: {values[row]} in row {row}")
    mask: NDArray[np.bool_] = np.arange(steps) < values[:, None]
    return mask


def _row(sequence: ArrayLike, index: int) -> NDArray[Any]:
    try:
        row = np.asarray(sequence)
    except ValueError as error:  # ragged within
        raise ValueError(
            f"`sequences` must be arrays of shape [T_i, *event]. Received: {error}, in row {index}"
        ) from error
    if row.dtype.kind not in "biuf":
        raise ValueError(f"`sequences` must be of real numbers. Received: dtype={row.dtype.name} in row {index}")
    if row.ndim == 0:
        raise ValueError(
            f"`sequences` must be arrays of shape [T_i, *event]. Received: the number {row} in row {index}"
        )
    return row


def _first_not_whole(values: NDArray[Any]) -> int:
    """The row to complain of: one with a fraction, if there is one."""
    if values.dtype.kind != "f":
        return 0
    return int(np.argmax(values != np.floor(values)))
