"""What a model can see of its data before it trains on them."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

__all__ = ["ROWS", "STREAMING", "continuity_complaints", "first_rows", "refuse_integers"]

ROWS = 8192
"""How many rows of a data set that streams set the scale; of arrays all do."""

STREAMING = (
    "`fit` cannot look at data that stream before it trains on them: call `adapt` first, or set `standardize=False`. "
    "Received: {}"
)
"""What is said of data that can be read only once, with their type."""

_PIECE, _NAMED = 1024, 5


def first_rows(data: Any, unpack: Callable[..., tuple[dict[str, Any], Any]]) -> Mapping[str, Any]:
    """Named arrays, `sample_weight` among them where there are weights, of what `fit` was given.

    Args:
        data: a dictionary of arrays, which are all rows; or what streams.
        unpack: `ModelInputs.unpack`.

    Returns:
        The arrays; of a data set those of its first batches, together 8192 rows or a few more; nothing of what can be
        read only once.
    """
    if isinstance(data, Mapping):
        return data
    parts: list[dict[str, np.ndarray]] = []
    for batch in data if isinstance(data, tf.data.Dataset) else ():
        named, weight = unpack(batch, caller="fit")
        whole = named if weight is None else {**named, "sample_weight": weight}
        parts.append({name: np.asarray(value) for name, value in whole.items()})
        if sum(len(part["x"]) for part in parts) >= ROWS:
            break
    return {name: np.concatenate([part[name] for part in parts]) for name in (parts[0] if parts else ())}


def refuse_integers(data: Any, unpack: Callable[..., tuple[dict[str, Any], Any]]) -> None:
    """Refuses whole numbers, by their type, for a density of real ones.

    Raises:
        ValueError: where x is of integers or truth values.
    """
    named = data if isinstance(data, Mapping) else {}
    if isinstance(data, tf.data.Dataset):
        named, _ = unpack(data.element_spec, caller="fit")
    dtype = getattr(named.get("x"), "dtype", None)
    if dtype is None:
        return
    kind = tf.as_dtype(dtype)
    if kind.is_integer or kind.is_bool:
        raise ValueError(
            "`x` must be floating-point: a flow is a density of real numbers, and that of whole ones grows without "
            "bound as `fit` goes on. Give it those of 0 … n − 1 by `tfgen.Dequantized(flow, levels=n)`; measurements "
            f"that happen to be whole, by x.astype('float32'). Received: dtype={kind.name}"
        )


def continuity_complaints(x: Any) -> list[str]:
    """What keeps data from having a density: entries that never vary, and nothing but whole numbers.

    Args:
        x: [rows, ...]; of fewer than two rows nothing is said.
    """
    values = np.asarray(x)
    if len(values) < 2:
        return []
    found = []
    # Most data are out of suspicion after their first rows, and are not read to the end.
    if _whole(values[:_PIECE]) and _whole(values):
        found.append(
            "`x` must not hold whole numbers only: the density of such data grows without bound as `fit` goes on. Give "
            "those of 0 … n − 1 to `tfgen.Dequantized(flow, levels=n)`, or add noise. "
            f"Received: whole numbers from {values.min():g} to {values.max():g}"
        )
    constant = (values[:_PIECE] == values[0]).all(axis=0)
    if constant.any():
        constant &= (values == values[0]).all(axis=0)
    entries = np.argwhere(constant)
    if len(entries):
        named = [f"x[:, {', '.join(map(str, entry))}] = {values[0][tuple(entry)]:g}" for entry in entries[:_NAMED]]
        more = f" and {len(entries) - _NAMED} more" if len(entries) > _NAMED else ""
        found.append(
            "`x` must vary in every entry: the density of one that does not grows without bound as `fit` goes on, and "
            f"tells nothing of the others. Leave it out. Received: {', '.join(named)}{more} in every row"
        )
    return found


def _whole(values: np.ndarray) -> bool:
    return bool((values == np.rint(values)).all())
