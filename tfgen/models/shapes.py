"""Shapes of whatever a user may hand in, and the words for them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

__all__ = ["Shape", "check_shape", "check_weight", "fits", "is_arrays", "listed", "rows_of", "shape_of", "words"]

Shape = tuple[int | None, ...]
"""Without the batch; None is a dimension of any size, which is time."""


def check_shape(name: str, value: Any, expected: Shape) -> None:
    """Refuses a value whose static shape is not [batch, *expected]."""
    shape = shape_of(value)
    if shape is None or fits(value, expected):
        return
    hint = ""
    if shape[1:] == () and expected == (1,):
        hint = f"; make it a column: {name}[:, None]"
    elif _matches(shape, expected):
        hint = f"; a single one is a batch of one: {name}[None]"
    raise ValueError(f"`{name}` must have shape {words((None, *expected))}. Received: shape={shape}{hint}")


def check_weight(weight: Any) -> None:
    """Refuses weights that are not one for each row; Keras makes a column of them here and there."""
    shape = shape_of(weight)
    if shape is not None and len(shape) != 1 and not (len(shape) == 2 and shape[1] in (1, None)):
        raise ValueError(f"`sample_weight` must have shape [batch]. Received: shape={shape}")


def words(shape: Sequence[int | None]) -> str:
    """A batch-first shape in words: [batch, 2]."""
    sizes = ["time" if size is None else str(size) for size in shape[1:]]
    return f"[{', '.join(['batch', *sizes])}]"


def listed(names: Mapping[str, Any]) -> str:
    """Names in words: `x` and `context`."""
    return " and ".join(f"`{name}`" for name in names)


def shape_of(value: Any) -> tuple | None:
    """The static shape, None where the rank is not known."""
    if isinstance(value, tf.TensorShape):
        shape = value
    else:
        shape = getattr(value, "shape", None)
        if shape is None and not hasattr(value, "dtype"):
            shape = np.shape(value)
    if isinstance(shape, tf.TensorShape):
        return None if shape.rank is None else tuple(shape.as_list())
    return None if shape is None else tuple(shape)


def rows_of(value: Any) -> int:
    """How many rows a batch has; 1 where it is none, which whoever checks it will say."""
    shape = shape_of(value)
    return shape[0] if shape and shape[0] else 1


def fits(value: Any, expected: Shape) -> bool:
    """Whether a value's static shape may be [batch, *expected]."""
    shape = shape_of(value)
    return shape is None or (len(shape) == len(expected) + 1 and _matches(shape[1:], expected))


def _matches(shape: Sequence[int | None], expected: Shape) -> bool:
    return len(shape) == len(expected) and all(
        want is None or size in (None, want) for size, want in zip(shape, expected, strict=True)
    )


def is_arrays(data: Any) -> bool:
    """Whether data are arrays or numbers in lists, and so can be looked at before they are used."""
    leaves = [leaf for leaf in tf.nest.flatten(data) if leaf is not None]
    return all(hasattr(leaf, "shape") or np.isscalar(leaf) for leaf in leaves)
