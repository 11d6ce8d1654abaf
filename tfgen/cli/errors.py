"""Errors that a user can mend, as one line instead of a traceback."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click

__all__ = ["one_line_errors"]

P = ParamSpec("P")
R = TypeVar("R")


def one_line_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Shows bad input, missing files and missing extras as `Error: …`, with exit status 1."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Exception as error:
            if isinstance(error, (ImportError, OSError, ValueError, *_serving_errors())):
                raise click.ClickException(str(error)) from error
            raise

    return wrapped


def _serving_errors() -> tuple[type[Exception], ...]:
    """What tfgen_serving raises beside these; imported only once something was raised."""
    from tfgen_serving.errors import RunError

    return (RunError,)
