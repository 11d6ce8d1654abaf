"""Data sets by name, for the command line and benchmarks."""

from __future__ import annotations

from collections.abc import Callable

from tfgen.datasets.base import KnownDensity
from tfgen.datasets.bishop_inverse import SmoothBishopInverse
from tfgen.datasets.eight_gaussians import EightGaussians
from tfgen.datasets.tables import Table, breast_cancer, diabetes
from tfgen.datasets.two_moons import TwoMoons

__all__ = ["DATASET_NAMES", "by_name"]

_FACTORIES: dict[str, Callable[[], KnownDensity | Table]] = {
    EightGaussians.name: EightGaussians,
    TwoMoons.name: TwoMoons,
    SmoothBishopInverse.name: SmoothBishopInverse,
    "breast-cancer": breast_cancer,
    "diabetes": diabetes,
}

DATASET_NAMES: tuple[str, ...] = tuple(_FACTORIES)
"""Every name that `by_name` knows."""


def by_name(name: str) -> KnownDensity | Table:
    """Returns the generator, or loads the table, of that name.

    Args:
        name: One of `DATASET_NAMES`.

    Raises:
        ValueError: If there is no such name.
        ImportError: If the name is a table's and scikit-learn is not installed.

    Example:
        >>> by_name("two-moons")
        TwoMoons()
    """
    if name not in _FACTORIES:
        raise ValueError(f"`name` must be one of {', '.join(DATASET_NAMES)}. Received: {name!r}")
    return _FACTORIES[name]()
