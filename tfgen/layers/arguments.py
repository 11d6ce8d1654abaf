"""Constructor arguments, checked alike everywhere."""

import math
import numbers
import operator
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = [
    "check_event_and_context",
    "checked_choice",
    "checked_count",
    "checked_positive",
    "checked_shape",
    "checked_units",
    "checked_weight",
    "checked_widths",
]


def checked_choice(argument: str, value: Any, choices: Sequence[str]) -> str:
    """One of some words, or an error that names the argument."""
    if value not in choices:
        raise ValueError(f"`{argument}` must be one of {tuple(choices)}. Received: {argument}={value!r}")
    return value


def checked_count(argument: str, value: Any, *, minimum: int = 1) -> int:
    """An integer of at least `minimum`, or an error that names the argument."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < minimum:
        raise ValueError(f"`{argument}` must be an integer of at least {minimum}. Received: {argument}={value!r}")
    return int(value)


def checked_positive(argument: str, value: Any) -> float:
    """A finite number above zero, or an error that names the argument."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 < float(value) < math.inf:
        raise ValueError(f"`{argument}` must be a positive number. Received: {argument}={value!r}")
    return float(value)


def checked_weight(argument: str, value: Any) -> float:
    """A finite number of at least zero, or an error that names the argument."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 <= float(value) < math.inf:
        raise ValueError(f"`{argument}` must be a finite number of at least 0. Received: {argument}={value!r}")
    return float(value)


def checked_widths(argument: str, value: Any) -> tuple[int, ...]:
    """A tuple of positive integers, possibly empty, or an error that names the argument."""
    fits = isinstance(value, Iterable) and not isinstance(value, str)
    widths = tuple(value) if fits else ()
    if not fits or any(
        isinstance(width, bool) or not isinstance(width, numbers.Integral) or width < 1 for width in widths
    ):
        raise ValueError(f"`{argument}` must be a tuple of positive integers. Received: {argument}={value!r}")
    return tuple(int(width) for width in widths)


def checked_units(argument: str, units: Any) -> tuple[int, ...]:
    """The widths of a stack of cells, of which an integer is one, or an error that names the argument."""
    if isinstance(units, numbers.Integral):
        return (checked_count(argument, units),)
    widths = checked_widths(argument, units)
    if not widths:
        raise ValueError(f"`{argument}` must name at least one cell. Received: {argument}={units!r}")
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


def check_event_and_context(
    event_shape: tuple[int, ...], context_shape: tuple[int, ...] | None, *, ranks: tuple[int, ...]
) -> None:
    """Refuses events of other ranks than some, and contexts that do not fit them.

    A context is a vector; beside images, it may be an image of their height and width.
    """
    if len(event_shape) not in ranks:
        words = " or ".join(map(str, ranks))
        raise ValueError(f"`event_shape` must have rank {words}. Received: event_shape={event_shape}")
    if context_shape is None or len(context_shape) == 1:
        return
    if len(event_shape) == 1:
        raise ValueError(f"`context_shape` must have rank 1. Received: context_shape={context_shape}")
    if len(context_shape) != 3 or context_shape[:2] != event_shape[:2]:
        raise ValueError(
            f"`context_shape` must have rank 1, or be {event_shape[:2]}, the event's height and width, and channels. "
            f"Received: context_shape={context_shape}"
        )
