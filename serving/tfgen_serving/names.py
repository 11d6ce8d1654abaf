"""What a model may be called on a server."""

import re

from tfgen_serving.errors import InputError

__all__ = ["check_model_name"]

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def check_model_name(name: str) -> None:
    """Raises InputError unless a name can be in a URL and in TensorFlow Serving's configuration as it is.

    Example:
        >>> check_model_name("moons-2.x")
        >>> check_model_name("two moons")
        Traceback (most recent call last):
        tfgen_serving.errors.InputError: a model's name must be letters, digits, '_', '.' and '-', and begin with none \
of the last two. Received: 'two moons'
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            "a model's name must be letters, digits, '_', '.' and '-', and begin with none of the last two. "
            f"Received: {name!r}"
        )
