"""What the random operators share: a stream of random bits, and a shape to fill from it."""

import math

import numpy as np

from tfgen_export.errors import ConversionError
from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.random.philox import random_bits, scramble
from tfgen_export.handlers.value import Value

__all__ = ["Draw", "indices"]

_PHILOX, _AUTOMATIC = 1, 3
_LARGEST_CONSTANT = 256


class Draw:
    """The numbers that one node draws, from the stream of a seed, or of a key and a counter.

    128 random bits give a group of four numbers of 32 bits or two of 64, in the order in which TensorFlow's CPU
    kernels write them; the last group may be used in part.

    Args:
        b: the node's builder. Its inputs are the shape; the seed, or key, counter and algorithm; and what follows.

    Attributes:
        arguments: the node's inputs after those.
        dtype: NumPy's type of the output.
        key: uint64[1].
        counter: uint64[2].

    Raises:
        ConversionError: for another algorithm than Philox.
    """

    def __init__(self, b: Builder) -> None:
        self._b = b
        shape, *others = b.inputs
        if others[0].dtype == np.uint64:
            self.key, self.counter, _, *self.arguments = others
            _check_algorithm(b)
        else:
            seed, *self.arguments = others
            self.key, self.counter = scramble(b, seed)
        output = b.node.output[0]
        self.dtype = b.dtype_of(output)
        static = b.shape_of(output)
        self._size: int | Value
        if static is None or min(static, default=0) < 0:
            self._shape = shape.cast(np.int64)
            self._size = b("ReduceProd", self._shape, keepdims=0)
        else:
            self._shape = b.integers(*static)
            self._size = math.prod(static)

    def bits(self, per_group: int) -> tuple[Value, Value]:
        """The words 0 and 2, and the words 1 and 3, of the groups of so many numbers: uint64 below 2³², [2, groups]."""
        return random_bits(self._b, self.key, self.counter, self.groups(per_group))

    def groups(self, per_group: int) -> Value:
        """0, 1, … for the groups of so many numbers that the output takes: uint64, [1, groups]."""
        rest = per_group - 1
        count = (self._size + rest) // per_group if isinstance(self._size, int) else (self._size + rest) / per_group
        return indices(self._b, count, self.key)

    @property
    def size(self) -> Value:
        """How many numbers the output takes: int64, a scalar."""
        return _scalar(self._b, self._size, self.key)

    def fill(self, *parts: Value, per_group: int) -> Value:
        """The output, from parts that are [numbers, groups]: of a group, the first of each part comes first."""
        b = self._b
        if len(parts) == 1:
            values = b("Transpose", parts[0], perm=[1, 0])
        else:
            stacked = b("Concat", *(b("Unsqueeze", part, b.integers(1)) for part in parts), axis=1)
            values = b("Transpose", stacked, perm=[2, 0, 1])
        if not isinstance(self._size, int) or self._size % per_group:
            size = b.integers(self._size) if isinstance(self._size, int) else b("Reshape", self._size, b.integers(1))
            values = b("Slice", b("Reshape", values, b.integers(-1)), b.integers(0), size)
        return self.shaped(values)

    def shaped(self, values: Value) -> Value:
        """The output, from as many values as it takes."""
        return self._b("Reshape", values, self._shape, allowzero=1)


def indices(b: Builder, count: int | Value, key: Value) -> Value:
    """0, 1, …, count − 1 as uint64, [1, count].

    Args:
        b: where the nodes go.
        count: how many; an int64 scalar where the graph computes it.
        key: any uint64[1] that is no constant.
    """
    counted = b("Range", b.constant(0, np.int64), _scalar(b, count, key), b.constant(1, np.int64))
    return b("Unsqueeze", counted.cast(np.uint64), b.integers(0))


def _scalar(b: Builder, count: int | Value, key: Value) -> Value:
    """A count as int64; a large one such that no optimiser stores tensors of that size, as constants, in the file."""
    if isinstance(count, Value):
        return count
    if count <= _LARGEST_CONSTANT:
        return b.constant(count, np.int64)
    return b("Squeeze", (key & 0) + count, b.integers(0)).cast(np.int64)


def _check_algorithm(b: Builder) -> None:
    """Where the algorithm is an input, it is the one that TensorFlow chose for a CPU: Philox."""
    algorithm = b.node.inputs[3]
    if algorithm.is_const() and int(algorithm.get_tensor_value()) not in (_PHILOX, _AUTOMATIC):
        raise ConversionError(
            f"{b.node.type} (node {b.node.name!r}) needs alg 'philox' or 'auto_select', as TensorFlow on a CPU does. "
            f"Received: alg={algorithm.get_tensor_value()}"
        )
