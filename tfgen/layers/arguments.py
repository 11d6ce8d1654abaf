"""Constructor arguments, checked alike everywhere."""

import operator
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["checked_choice", "checked_count", "checked_shape", "checked_widths"]


def checked_choice(argument: str, value: Any, choices: Sequence[str]) -> str:
    """One of some words, or an error that names the argument."""
    if value not in choices:
        raise ValueError(f"`{argument}` must be one of {tuple(choices)}. Received: {argument}={value!r}")
    return value


def checked_count(argument: str, value: Any, *, minimum: int = 1) -> int:
    """An integer of at least `minimum`, or an error that names the argument."""
    if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
        raise ValueError(f"`{argument}` must be an integer of at least {minimum}. Received: {argument}={value!r}")
    return value


def checked_widths(argument: str, value: Any) -> tuple[int, ...]:
    """A tuple of positive integers, possibly empty, or an error that names the argument."""
    fits = isinstance(value, Iterable) and not isinstance(value, str)
    widths = tuple(value) if fits else ()
    if not fits or any(isinstance(width, bool) or not isinstance(width, int) or width < 1 for width in widths):
        raise ValueError(f"`{argument}` must be a tuple of positive integers. Received: {argument}={value!r}")
    return widths


def checked_shape(argument: str, shape: Any) -> tuple[int, ...]:
    """A shape as a tuple of positive integers, or an error that names the argument."""
    try:
        result = tuple(operator.index(size) for size in shape)
    except TypeError:
        result = (-1,)
    if any(size < 1 for size in result):
        raise ValueError(f"`{argument}` must be a tuple of positive integers. Received: {argument}={shape!r}")
    return result
