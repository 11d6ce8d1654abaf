"""The catalogue: a family of subjects a file."""

import importlib

from benchmarks.coverage.case import Case

__all__ = ["FAMILIES", "cases"]

FAMILIES = (
    "continuous",
    "positive",
    "discrete",
    "multivariate",
    "matrix",
    "compositions",
    "joint",
    "sequences",
    "processes",
    "scalar_bijectors",
    "vector_bijectors",
    "composed_bijectors",
    "flows",
    "networks",
)


def cases() -> list[Case]:
    """All of them, family after family."""
    found = [case for family in FAMILIES for case in importlib.import_module(f"{__name__}.{family}").CASES]
    names = [case.name for case in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"Cases must have names of their own. Received twice: {twice}")
    return found
