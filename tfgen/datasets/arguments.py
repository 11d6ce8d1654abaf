"""Arguments, checked alike by every data set."""

from __future__ import annotations

import numbers
import operator

import numpy as np

__all__ = ["integer_at_least", "probability"]


def integer_at_least(value: int, least: int, *, name: str) -> int:
    """Returns the value as an int, or raises an error that names the argument.

    Args:
        value: What was given.
        least: The least value that is allowed.
        name: The argument's name.

    Raises:
        TypeError: If the value is no integer; booleans are none here.
        ValueError: If it is less than `least`.

    Example:
        >>> integer_at_least(np.int32(3), 1, name="n")
        3
    """
    # bool is an int to Python, but True rows or seed False are slips.
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"`{name}` must be an integer, at least {least}. Received: {value!r}")
    try:
        integer = operator.index(value)
    except TypeError:
        raise TypeError(f"`{name}` must be an integer, at least {least}. Received: {value!r}") from None
    if integer < least:
        raise ValueError(f"`{name}` must be an integer, at least {least}. Received: {value!r}")
    return integer


def probability(value: object, *, name: str) -> float:
    """Returns the value as a float, or raises an error that names the argument.

    Args:
        value: What was given.
        name: The argument's name.

    Raises:
        TypeError: If the value is no real number; booleans are none here.
        ValueError: If it is outside [0, 1].

    Example:
        >>> probability(1, name="flip")
        1.0
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"`{name}` must be a probability, from 0 to 1. Received: {value!r}")
    number = float(value)
    if not 0 <= number <= 1:
        raise ValueError(f"`{name}` must be a probability, from 0 to 1. Received: {value!r}")
    return number
