"""Checks of what a caller passes to an endpoint, made before anything runs."""

import math
import operator
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.errors import InputError
from tfgen_serving.tensors import SignatureInfo, TensorInfo

__all__ = ["as_array", "as_integer", "as_rows", "as_seconds", "as_seed", "check_form", "check_inputs", "check_names"]

_INT32 = np.iinfo(np.int32)


def check_inputs(endpoint: SignatureInfo, inputs: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Returns the inputs of a call as arrays of the endpoint's dtypes, all of one batch size.

    Args:
        endpoint: The endpoint that is to run.
        inputs: Array-likes by name; one that is None counts as not given.

    Raises:
        InputError: A name is missing or unknown, an array does not fit its `TensorInfo` (see `as_rows`), or
            the batch sizes differ. Nothing is broadcast: one context row does not stand for many.

    Example:
        >>> from tfgen_serving.tensors import SignatureInfo, TensorInfo
        >>> x = TensorInfo(name="x", dtype="float32", shape=(None, 2))
        >>> score = TensorInfo(name="score", dtype="float32", shape=(None,))
        >>> endpoint = SignatureInfo(name="score", inputs=(x,), outputs=(score,))
        >>> check_inputs(endpoint, {"x": [[1, 2]]})
        {'x': array([[1., 2.]], dtype=float32)}
        >>> check_inputs(endpoint, {"x": [1, 2]})
        Traceback (most recent call last):
        tfgen_serving.errors.InputError: x must have shape [batch, 2]. Received: shape (2,)
    """
    given = {name: value for name, value in inputs.items() if value is not None}
    check_names(endpoint, given)
    arrays = {info.name: as_rows(info, given[info.name]) for info in endpoint.inputs}
    first = endpoint.inputs[0].name
    for name, array in arrays.items():
        if len(array) != len(arrays[first]):
            raise InputError(f"{name} must have {len(arrays[first])} rows, as {first} has. Received: {len(array)} rows")
    return arrays


def check_names(endpoint: SignatureInfo, given: Mapping[str, Any]) -> None:
    """Raises InputError unless the names in `given` are the endpoint's inputs, all of them and no other."""
    infos = {info.name: info for info in endpoint.inputs}
    for name in given:
        if name not in infos:
            raise InputError(
                f"{name} must not be given: endpoint {endpoint.name!r} takes {', '.join(infos)}. "
                f"Received: {type(given[name]).__name__}"
            )
    for name, info in infos.items():
        if name not in given:
            raise InputError(
                f"{name} must be given to endpoint {endpoint.name!r}: {info.text}. "
                f"Received: {', '.join(given) or 'no input'}"
            )


def as_rows(info: TensorInfo, value: Any) -> NDArray[Any]:
    """Returns one input as a C-contiguous array of its dtype.

    Any real dtype becomes a floating one, rounded; integers and booleans become another integer type, or
    bool, where every value fits. What would change a value in silence is refused: a fraction made an integer,
    a number that overflows, a masked entry.

    Args:
        info: What the endpoint expects.
        value: An array-like.

    Raises:
        InputError: Wrong rank or size, no elements, NaN or infinity, or a dtype or value that does not fit.
    """
    name = info.name
    array = as_array(name, value)
    check_form(info, array.dtype, array.shape)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        row, *place = np.argwhere(~np.isfinite(array))[0].tolist()
        # A vector is shown whole, of more dimensions the one number and where in its row it is.
        shown = array[row] if array.ndim < 3 else f"{array[(row, *place)]} at {place}"
        raise InputError(f"{name} must be finite: mask or fill missing values. Received: {shown} in row {row}")
    return _cast(name, array, np.dtype(info.dtype))


def as_array(name: str, value: Any) -> NDArray[Any]:
    """Returns an array-like as an array of any dtype; InputError where it is none, or has masked entries."""
    if np.ma.is_masked(value):
        raise InputError(f"{name} must have no masked entries: fill them or leave them out. Received: a masked array")
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be one array of numbers ({error}). Received: {type(value).__name__}") from error


def check_form(info: TensorInfo, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """Raises InputError unless an array of the dtype and shape can be numbers for the input, a row at least."""
    if dtype.kind not in "biuf":
        raise InputError(f"{info.name} must be numbers that fit {info.dtype}. Received: dtype {dtype}")
    free = [wanted is None or wanted == size for wanted, size in zip(info.shape, shape, strict=False)]
    if len(shape) != len(info.shape) or not all(free):
        wanted_shape = info.text.removeprefix(f"{info.dtype} ")
        raise InputError(f"{info.name} must have shape {wanted_shape}. Received: shape {shape}")
    if 0 in shape:
        raise InputError(f"{info.name} must have at least one row, none of them empty. Received: shape {shape}")


def as_integer(name: str, value: Any, *, minimum: int, maximum: int | None = None) -> int:
    """Returns `value` as an int in the range, from any integer type but bool; InputError otherwise."""
    expected = f"an integer of at least {minimum}" if maximum is None else f"an integer in {minimum}..{maximum}"
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise InputError(f"{name} must be {expected}. Received: {value!r}") from None
    if number < minimum or (maximum is not None and number > maximum):
        raise InputError(f"{name} must be {expected}. Received: {number}")
    return number


def as_seconds(name: str, value: Any) -> float:
    """Returns `value` as a float above nought, from any real number but bool; InputError otherwise."""
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if not 0 < number < math.inf:
        raise InputError(f"{name} must be positive seconds. Received: {value!r}")
    return number


def as_seed(value: Any) -> int:
    """Returns `value` as a seed, the first entry of an int32 seed row; InputError otherwise."""
    return as_integer("seed", value, minimum=int(_INT32.min), maximum=int(_INT32.max))


def _cast(name: str, array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    fits = True
    if dtype.kind == "f":
        # Overflow to infinity is looked for below, as an error instead of a warning.
        with np.errstate(over="ignore"):
            cast = np.ascontiguousarray(array, dtype)
        if array.dtype.kind != "b":
            fits = not (np.isinf(cast) & np.isfinite(array)).any()
    else:
        if array.dtype.kind == "f":
            raise InputError(f"{name} must be integers that fit {dtype}. Received: dtype {array.dtype}")
        low, high = (0, 1) if dtype.kind == "b" else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))
        fits = low <= int(array.min()) and int(array.max()) <= high
        cast = np.ascontiguousarray(array, dtype)
    if not fits:
        raise InputError(f"{name} must be numbers that fit {dtype}. Received: from {array.min()} to {array.max()}")
    return cast
