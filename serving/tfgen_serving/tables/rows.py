"""Rows on their way from a file to an endpoint: arrays by input name, and which of the rows cannot be scored."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Rows", "find_bad", "regroup"]


@dataclass(frozen=True)
class Rows:
    """Some of a file's rows, in its order.

    Attributes:
        arrays: By input name an array of the endpoint's dtype and shape, all of one length.
        bad: By offset into the arrays, why a row cannot be scored. What the arrays hold there means nothing.

    Example:
        >>> rows = Rows({"x": np.array([[1.0], [np.nan], [3.0]])}, {1: "x[0] is nan"})
        >>> first, rest = rows.split(1)
        >>> len(first), len(rest), rest.bad
        (1, 2, {0: 'x[0] is nan'})
    """

    arrays: Mapping[str, NDArray[Any]]
    bad: Mapping[int, str]

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))

    def split(self, count: int) -> tuple["Rows", "Rows"]:
        """Returns the first `count` rows and the others."""
        first = {offset: reason for offset, reason in self.bad.items() if offset < count}
        rest = {offset - count: reason for offset, reason in self.bad.items() if offset >= count}
        return (
            Rows({name: array[:count] for name, array in self.arrays.items()}, first),
            Rows({name: array[count:] for name, array in self.arrays.items()}, rest),
        )

    def good(self) -> NDArray[np.bool_]:
        """Returns which rows can be scored, ``[len(self)]``."""
        mask = np.ones(len(self), bool)
        mask[list(self.bad)] = False
        return mask


def regroup(pieces: Iterable[Rows], size: int) -> Iterator[Rows]:
    """Yields the same rows in groups of `size`, the last one of what is left.

    However a file is cut into pieces, and wherever reading begins, the same rows then run together: a graph's
    numbers may differ in the last digit with the number of rows that it runs on.

    Example:
        >>> pieces = (Rows({"x": np.arange(n)}, {}) for n in (3, 1, 5))
        >>> [rows.arrays["x"].tolist() for rows in regroup(pieces, 4)]
        [[0, 1, 2, 0], [0, 1, 2, 3], [4]]
    """
    held: list[Rows] = []
    missing = size
    for piece in pieces:
        rest = piece
        while len(rest):
            taken, rest = rest.split(missing)
            held.append(taken)
            missing -= len(taken)
            if not missing:
                yield _join(held)
                held, missing = [], size
    if held:
        yield _join(held)


def _join(parts: list[Rows]) -> Rows:
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0, *map(len, parts)])
    bad = {
        int(start) + offset: reason
        for start, part in zip(starts, parts, strict=False)
        for offset, reason in part.bad.items()
    }
    return Rows({name: np.concatenate([part.arrays[name] for part in parts]) for name in parts[0].arrays}, bad)


def find_bad(arrays: Mapping[str, NDArray[Any]], explain: Callable[[str, int, int], str]) -> dict[int, str]:
    """Returns the rows that hold anything but finite numbers, each with a reason.

    Args:
        arrays: By input name.
        explain: Tells why an entry is bad, from the input's name, the row, and the entry's place in the row.

    Example:
        >>> find_bad({"x": np.array([[1, 2], [3, np.inf]])}, lambda name, row, entry: f"{name}[{entry}] is inf")
        {1: 'x[1] is inf'}
    """
    bad: dict[int, str] = {}
    for name, array in arrays.items():
        finite = np.isfinite(array)
        if finite.all():  # nearly always, and much cheaper than looking row by row
            continue
        flat = finite.reshape(len(array), -1)
        for row in np.flatnonzero(~flat.all(axis=1)).tolist():
            if row not in bad:
                bad[row] = explain(name, row, int(flat[row].argmin()))
    return dict(sorted(bad.items()))
