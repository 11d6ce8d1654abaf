"""Valid steps of sequences of unequal lengths."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["checked_mask"]


def checked_mask(mask: ArrayLike | None, shape: tuple[int, ...], *, name: str = "mask") -> NDArray[np.bool_]:
    """Which steps are data and which padding, or an error that names the argument.

    A mask that is True where there is padding, as some libraries have it, is refused wherever a sequence is padded.

    Args:
        mask: bool [..., time], True at valid steps, which come first; all steps are valid where it is None.
        shape: [..., time], of the sequences.
        name: of the argument, for errors.

    Returns:
        [..., time].

    Raises:
        ValueError: for another shape or type, for a valid step after padding, or where no step is valid.

    Example:
        >>> checked_mask([[True, False], [True, True]], (2, 2)).sum()
        np.int64(3)
    """
    valid = np.ones(shape, bool) if mask is None else np.asarray(mask)
    if valid.dtype != bool or valid.shape != shape:
        raise ValueError(
            f"`{name}` must be bool of shape {shape}, True at valid steps. "
            f"Received: dtype={valid.dtype.name}, shape={valid.shape}"
        )
    resumed = np.argwhere(valid[..., 1:] & ~valid[..., :-1])
    if len(resumed):
        *row, step = (int(index) for index in resumed[0])
        where = ", ".join(str(index) for index in (*row, step + 1))
        raise ValueError(
            f"`{name}` must be True at a sequence's first steps and False at the padding after them. "
            f"Received: {name}[{where}]=True after a step that is False"
        )
    if not valid.any():
        raise ValueError(f"`{name}` must have a valid step. Received: none of {valid.size}")
    return valid
