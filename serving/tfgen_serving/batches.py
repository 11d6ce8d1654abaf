"""How many rows run at a time."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from numpy.typing import NDArray

from tfgen_serving.tensors import SignatureInfo, TensorInfo

__all__ = ["BATCH_BYTES", "BATCH_SIZE", "STEPS", "batch_rows", "free_size", "largest_free", "rows_at_once"]

BATCH_SIZE = 65536  # rows at a time: enough to keep a CPU busy, few enough to fit its memory
_NUMBERS = 1 << 24  # in a batch at most, so that a few of them fit any memory
BATCH_BYTES = 4 * _NUMBERS
STEPS = "steps"
"""The input, int32 ``[batch]``, that tells how long each row of an endpoint's outputs is."""


def batch_rows(inputs: Iterable[TensorInfo], free: int = 1) -> int:
    """Returns how many rows run at a time: `BATCH_SIZE`, or fewer where a row holds many numbers.

    Args:
        inputs: What a row holds.
        free: What a size that is left free, such as time, comes to.

    Example:
        >>> batch_rows([TensorInfo(name="x", dtype="float32", shape=(None, 64, 64, 3))])
        1365
        >>> batch_rows([TensorInfo(name="x", dtype="float32", shape=(None, None, 2))], free=1000)
        8388
    """
    width = sum(math.prod(size or free for size in info.shape[1:]) for info in inputs)
    return max(1, min(BATCH_SIZE, _NUMBERS // width))


def largest_free(inputs: Iterable[TensorInfo], shapes: Mapping[str, tuple[int, ...]]) -> int:
    """Returns the largest size, in inputs of these shapes, of those that are left free; 1 where none is.

    Example:
        >>> x = TensorInfo(name="x", dtype="float32", shape=(None, None, 2))
        >>> largest_free([x], {"x": (30, 7, 2)})
        7
    """
    return max(
        (
            size
            for info in inputs
            for wanted, size in zip(info.shape[1:], shapes.get(info.name, ())[1:], strict=False)
            if wanted is None
        ),
        default=1,
    )


def free_size(endpoint: SignatureInfo, arrays: Mapping[str, NDArray[Any]]) -> int:
    """Returns what sizes that an endpoint leaves free come to at most, in a call with these inputs; 1 where none is.

    Those of outputs are the inputs' too, or what the input `steps` asks for.
    """
    steps = int(arrays[STEPS].max(initial=1)) if STEPS in arrays else 1
    return max(steps, largest_free(endpoint.inputs, {name: array.shape for name, array in arrays.items()}))


def rows_at_once(endpoint: SignatureInfo, free: int) -> int:
    """Returns how many rows of an endpoint's inputs and outputs run at a time: `batch_rows` of both."""
    return min(batch_rows(endpoint.inputs, free), batch_rows(endpoint.outputs, free))
