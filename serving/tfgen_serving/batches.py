"""How many rows run at a time."""

import math
from collections.abc import Iterable

from tfgen_serving.tensors import TensorInfo

__all__ = ["BATCH_BYTES", "BATCH_SIZE", "batch_rows"]

BATCH_SIZE = 65536  # rows at a time: enough to keep a CPU busy, few enough to fit its memory
_NUMBERS = 1 << 24  # in a batch at most, so that a few of them fit any memory
BATCH_BYTES = 4 * _NUMBERS


def batch_rows(inputs: Iterable[TensorInfo]) -> int:
    """Returns how many rows run at a time: `BATCH_SIZE`, or fewer where a row holds many numbers.

    Example:
        >>> batch_rows([TensorInfo(name="x", dtype="float32", shape=(None, 64, 64, 3))])
        1365
    """
    width = sum(math.prod(size or 1 for size in info.shape) for info in inputs)
    return max(1, min(BATCH_SIZE, _NUMBERS // width))
