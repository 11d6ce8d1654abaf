"""What pictures are given, checked alike everywhere."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfgen.judging.steps import checked_mask

__all__ = [
    "Decode",
    "by_name",
    "checked_count",
    "checked_images",
    "checked_names",
    "checked_numbers",
    "checked_range",
    "checked_sequences",
    "decoded_images",
]

Decode = Callable[[NDArray[np.float32]], ArrayLike]


def checked_count(argument: str, value: Any, *, minimum: int = 1) -> int:
    """An integer of at least `minimum`, or an error that names the argument."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < minimum:
        raise ValueError(f"`{argument}` must be an integer of at least {minimum}. Received: {argument}={value!r}")
    return int(value)


def checked_range(argument: str, value: Any) -> tuple[float, float]:
    """Two finite numbers in ascending order, or an error that names the argument."""
    try:
        low, high = (float(edge) for edge in value)
    except (TypeError, ValueError):
        low = high = np.nan
    if not -np.inf < low < high < np.inf:
        raise ValueError(f"`{argument}` must be two finite numbers, low < high. Received: {argument}={value!r}")
    return low, high


def checked_names(argument: str, value: Sequence[str] | None, count: int, *, each: str) -> list[str]:
    """A text for each of `count` things, by default their numbers, or an error that names the argument."""
    if value is None:
        return [str(number) for number in range(count)]
    if isinstance(value, str) or len(value) != count:
        given = repr(value) if isinstance(value, str) else f"{len(value)} names"
        raise ValueError(f"`{argument}` must be a sequence of {count} names, one for each {each}. Received: {given}")
    return [str(name) for name in value]


def by_name(argument: str, value: ArrayLike | Mapping[str, ArrayLike]) -> dict[str, tuple[str, Any]]:
    """One array as it is, or several by name: for each name what errors call it and the array; one has no name."""
    if not isinstance(value, Mapping):
        return {"": (argument, value)}
    if not value:
        raise ValueError(f"`{argument}` must not be empty. Received: {argument}={value!r}")
    return {str(name): (f"{argument}[{name!r}]", each) for name, each in value.items()}


def checked_numbers(argument: str, value: Any) -> NDArray[np.float64]:
    """A non-empty array of finite real numbers, or an error that names the argument."""
    numbers = _real_numbers(argument, value)
    if not numbers.size:
        raise ValueError(f"`{argument}` must not be empty. Received: shape={numbers.shape}")
    if not np.isfinite(numbers).all():
        wrong = numbers.size - np.isfinite(numbers).sum()
        raise ValueError(f"`{argument}` must be finite. Received: {wrong} of {numbers.size} NaN or infinite")
    return numbers


def _real_numbers(argument: str, value: Any) -> NDArray[np.float64]:
    """An array of real numbers, or an error that names the argument."""
    try:
        given = np.asarray(value)
        if given.dtype.kind in "cSUMm":
            raise TypeError(f"dtype={given.dtype.name}")
        return given.astype(np.float64)
    except (TypeError, ValueError) as error:
        kind = type(value).__name__
        raise ValueError(f"`{argument}` must be an array of real numbers. Received: {kind} ({error})") from error


def checked_sequences(
    argument: str, value: Any, mask: ArrayLike | None, *, mask_name: str = "mask", event: tuple[int, ...] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Sequences whose valid steps are finite, and which steps those are, or an error that names the argument.

    Args:
        argument: the name for errors.
        value: [batch, time, *event].
        mask: bool [batch, time], True at valid steps, which come first; None where all are.
        mask_name: the name of `mask` for errors.
        event: the shape that an event must have; any where it is None.

    Returns:
        The sequences, nought in padding, whatever was there; and the mask.

    Raises:
        ValueError: for another shape, an empty array, a mask that does not fit, or values that are no finite numbers.
    """
    numbers = _real_numbers(argument, value)
    if numbers.ndim < 2 or (event is not None and numbers.shape[2:] != event):
        sizes = "*event" if event is None else ", ".join(str(size) for size in event)
        raise ValueError(
            f"`{argument}` must have shape [batch, time{sizes and ', ' + sizes}]. Received: shape={numbers.shape}"
        )
    if not numbers.size:
        raise ValueError(f"`{argument}` must not be empty. Received: shape={numbers.shape}")
    valid = checked_mask(mask, numbers.shape[:2], name=mask_name)
    held = np.where(valid.reshape(*valid.shape, *[1] * (numbers.ndim - 2)), numbers, 0.0)
    return checked_numbers(argument, held), valid


def checked_images(argument: str, value: Any, *, leading: tuple[str, ...] = ("n",)) -> NDArray[np.float64]:
    """Images with their channels' axis, [*leading, h, w, 1 or 3], or an error that names the argument.

    Args:
        argument: the name for the error.
        value: [*leading, h, w, c] with c 1 or 3, or [*leading, h, w] in grey.
        leading: names of the axes before the image's own.

    Returns:
        The images.

    Raises:
        ValueError: for another shape, an empty array, or values that are no finite real numbers.
    """
    images = checked_numbers(argument, value)
    if images.ndim == len(leading) + 2:
        images = images[..., None]
    if images.ndim != len(leading) + 3 or images.shape[-1] not in (1, 3):
        axes = ", ".join(leading)
        raise ValueError(
            f"`{argument}` must have shape [{axes}, h, w, c] with c 1 or 3, or [{axes}, h, w]. "
            f"Received: shape={np.shape(value)}"
        )
    return images


def decoded_images(decode: Decode, z: NDArray[np.float32]) -> NDArray[np.float64]:
    """What `decode` makes of z [n, latent_dim] in one call: images [n, h, w, 1 or 3], or an error that names it."""
    images = checked_images("decode(z)", decode(z))
    if len(images) != len(z):
        raise ValueError(f"`decode` must return {len(z)} images, one for each row of z. Received: {len(images)}")
    return images
