"""What the random operators share: a stream of random bits, and a shape to fill from it."""

import math

import numpy as np
from tf2onnx import utils

from tfgen_export.errors import ConversionError
from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.random.philox import random_bits, scramble
from tfgen_export.handlers.value import Value

__all__ = ["Draw", "indices"]

_PHILOX, _AUTOMATIC = 1, 3
_LARGEST_CONSTANT = 1024


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
        ConversionError: for another algorithm than Philox, or a bfloat16 output.
    """

    def __init__(self, b: Builder) -> None:
        self._b = b
        shape, *others = b.inputs
        if b.node.type[-2:] in ("V2", "V3"):
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

    def indices(self, per_group: int) -> Value:
        """0, 1, … for the groups of so many numbers each: uint64, [1, groups]."""
        rest = per_group - 1
        count = (self._size + rest) // per_group if isinstance(self._size, int) else (self._size + rest) / per_group
        return indices(self._b, count, self.key)

    def bits(self, per_group: int) -> tuple[Value, Value]:
        """The words 0 and 2, and the words 1 and 3, of each group: uint64 below 2³², [2, groups]."""
        return random_bits(self._b, self.key, self.counter, self.indices(per_group))

    def fill(self, *parts: Value) -> Value:
        """The output, of parts that are [numbers, groups] each; a group takes the first of each part first."""
        b = self._b
        values = parts[0]
        if len(parts) > 1:
            values = b("Concat", *(b("Unsqueeze", part, b.integers(0)) for part in parts), axis=0)
        per_group = 
