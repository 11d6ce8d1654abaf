"""What a call comes to once its endpoint is known: rows, in batches, and the answer of all of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.batches import STEPS
from tfgen_serving.tensors import SignatureInfo

__all__ = ["Arrays", "Work", "cut", "join"]

Arrays = dict[str, NDArray[Any]]
T = TypeVar("T")


@dataclass(frozen=True)
class Work(Generic[T]):
    """A call that fits its endpoint.

    Attributes:
        rows: How many rows go in, and come out.
        inputs: The inputs' rows from a start to a stop.
        answer: What the caller gets, of the outputs of all rows.
        free: What sizes that the endpoint leaves free, such as time, come to at most.
    """

    rows: int
    inputs: Callable[[int, int], Arrays]
    answer: Callable[[Arrays], T]
    free: int = 1

    def spans(self, size: int) -> Iterator[tuple[int, int]]:
        """Start and stop of each batch of at most `size` rows."""
        return ((start, min(start + size, self.rows)) for start in range(0, self.rows, size))


def join(parts: Sequence[Arrays]) -> Arrays:
    """The outputs of all rows, from those of each batch, in order.

    Where one batch's sequences are shorter than another's, noughts follow them, as in a batch of both.

    Example:
        >>> join([{"x": np.array([[1, 2]])}, {"x": np.array([[3]])}])["x"].tolist()
        [[1, 2], [3, 0]]
    """
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate(_evened([part[name] for part in parts])) for name in parts[0]}


def _evened(arrays: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    sizes = [max(each) for each in zip(*(array.shape[1:] for array in arrays), strict=True)]
    missing = [[most - size for most, size in zip(sizes, array.shape[1:], strict=True)] for array in arrays]
    return [
        np.pad(array, [(0, 0), *((0, count) for count in counts)]) if any(counts) else array
        for array, counts in zip(arrays, missing, strict=True)
    ]


def cut(endpoint: SignatureInfo, outputs: Arrays, steps: int) -> Arrays:
    """Outputs that end with the longest row's steps, of an endpoint that is told how many they are.

    A server may have run the rows beside others' longer ones: what it then gives goes on with noughts.
    """
    if all(info.name != STEPS for info in endpoint.inputs):
        return outputs
    long = {info.name for info in endpoint.outputs if info.shape[1:2] == (None,)}
    return {name: value[:, :steps] if name in long else value for name, value in outputs.items()}
