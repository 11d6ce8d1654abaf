"""How parts become the structures that TFP takes, and what types its parameters have."""

from collections.abc import Callable
from typing import Any

__all__ = ["as_list", "as_tuple", "dtype_of", "named"]


def as_list(*values: Any) -> list[Any]:
    return list(values)


def as_tuple(*values: Any) -> tuple[Any, ...]:
    return values


def named(*names: str) -> Callable[..., dict[str, Any]]:
    """A dictionary by these names; TensorFlow flattens it in their alphabetical order."""
    return lambda *values: dict(zip(names, values, strict=True))


def dtype_of(value: Any) -> Any:
    """NumPy's type of an array or a tensor: constants beside a parameter must have its type."""
    return getattr(value.dtype, "as_numpy_dtype", value.dtype)
