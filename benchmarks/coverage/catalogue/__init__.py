"""The catalogue: a family of subjects a file."""

import importlib
from collections import Counter

from benchmarks.coverage.case import Case

__all__ = ["FAMILIES", "cases", "family"]

FAMILIES = (
    "continuous",
    "positive",
    "discrete",
    "multivariate",
    "matrix",
    "mixtures",
    "transformed",
    "wrappers",
    "joint",
    "sequences",
    "processes",
    "scalar_bijectors",
    "vector_bijectors",
    "composed_bijectors",
    "flows",
    "networks",
)


def family(name: str) -> list[Case]:
    """The cases of one file."""
    found: list[Case] = importlib.import_module(f"{__name__}.{name}").CASES
    return found


def cases() -> list[Case]:
    """All of them, family after family."""
    found = [case for name in FAMILIES for case in family(name)]
    twice = [name for name, count in Counter(case.name for case in found).items() if count > 1]
    if twice:
        raise ValueError(f"Cases must have names of their own. Received twice: {twice}")
    return found
