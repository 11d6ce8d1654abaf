"""Masks of sequences: which steps of a row count, and what becomes of the others."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.errors import InputError
from tfgen_serving.inputs import as_array, check_form
from tfgen_serving.tensors import SignatureInfo

__all__ = ["blanked", "find_wrong", "takes_mask", "with_mask"]


def takes_mask(endpoint: SignatureInfo) -> bool:
    """Returns whether an endpoint takes sequences `x`, ``[batch, time, …]``, and a `mask`, bool ``[batch, time]``."""
    leading = {info.name: (info.dtype, *info.shape[:2]) for info in endpoint.inputs}
    return leading.get("mask") == ("bool", None, None) and leading.get("x", ())[1:] == (None, None)


def with_mask(endpoint: SignatureInfo, given: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a call's inputs, of sequences with their mask: true everywhere where none was given.

    Of x what the mask leaves out becomes nought: there may be anything, and neither a check nor JSON lets NaN pass.

    Args:
        endpoint: The endpoint that is to run.
        given: Array-likes by name. Those of an endpoint without sequences, and without `x`, are returned as they are.

    Raises:
        InputError: x is no array of the endpoint's shape; or the mask is not of x's rows and steps, holds other values
            than true and false, or 1 and 0, or has holes: it must be true for the first steps of each row, and false
            for the rest.
    """
    if given.get("x") is None or not takes_mask(endpoint):
        return dict(given)
    x = as_array("x", given["x"])
    check_form(next(info for info in endpoint.inputs if info.name == "x"), x.dtype, x.shape)
    if given.get("mask") is None:
        return {**given, "x": x, "mask": np.ones(x.shape[:2], bool)}
    mask = as_array("mask", given["mask"])
    if mask.shape != x.shape[:2]:
        raise InputError(f"mask must have the rows and steps of x, {x.shape[:2]}. Received: shape {mask.shape}")
    if mask.dtype.kind not in "biuf":
        raise InputError(f"mask must hold true and false, or 1 and 0. Received: dtype {mask.dtype}")
    for row, reason in find_wrong(mask).items():
        raise InputError(f"{reason} in row {row}")
    mask = mask.astype(bool)
    return {**given, "x": blanked(x, mask), "mask": mask}


def blanked(x: NDArray[Any], mask: NDArray[np.bool_]) -> NDArray[Any]:
    """Returns x, ``[batch, time, …]``, with noughts where the mask, ``[batch, time]``, is false.

    Example:
        >>> blanked(np.array([[1.0, np.nan]]), np.array([[True, False]]))
        array([[1., 0.]])
    """
    if mask.all():
        return x
    return np.where(mask.reshape(*mask.shape, *[1] * (x.ndim - 2)), x, np.zeros((), x.dtype))


def find_wrong(mask: NDArray[Any]) -> dict[int, str]:
    """Returns the rows of numbers ``[batch, time]`` that are no mask, each with the reason.

    Example:
        >>> find_wrong(np.array([[1, 1, 0], [1, 0, 1], [0, 2, 0]]))[1]
        'mask must be true for the first steps of a row and false for the rest. Received: true in step 2, after false'
    """
    other = (mask != 0) & (mask != 1)
    after = np.zeros(mask.shape, bool)
    np.logical_and(mask[:, 1:] == 1, mask[:, :-1] == 0, out=after[:, 1:])
    found = {}
    for row in np.flatnonzero((other | after).any(axis=1)).tolist():
        if other[row].any():
            step = int(other[row].argmax())
            found[row] = f"mask must hold true and false, or 1 and 0. Received: {mask[row, step]} in step {step}"
        else:
            step = int(after[row].argmax())
            found[row] = (
                "mask must be true for the first steps of a row and false for the rest. "
                f"Received: true in step {step}, after false"
            )
    return found
