"""What the random operators share: the stream that a node draws from, and the shape that it fills."""

import math

import numpy as np

from tfgen_export.errors import ConversionError
from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.random.philox import scramble
from tfgen_export.handlers.random.stream import Convert, numbers, scalar
from tfgen_export.handlers.value import Value

__all__ = ["Draw", "shape_and_size"]

_PHILOX, _AUTOMATIC = 1, 3


class Draw:
    """The numbers that one node draws, from the stream of a seed, or of a key and a counter.

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
        self.dtype = b.dtype_of(b.node.output[0])
        self._shape, self._size = shape_and_size(b, shape)

    @property
    def size(self) -> Value:
        """How many numbers the output takes: int64, a scalar."""
        return scalar(self._b, self._size, self.key)

    def fill(self, convert: Convert, *, per_group: int) -> Value:
        """The output, from the numbers of the stream (see `numbers`)."""
        values = numbers(self._b, self.key, self.counter, self._size, convert, per_group=per_group)
        return self.shaped(values)

    def shaped(self, values: Value) -> Value:
        """The output, from as many values as it takes."""
        return self._b("Reshape", values, self._shape, allowzero=1)


def shape_and_size(b: Builder, shape: Value) -> tuple[Value, int | Value]:
    """The shape of the node's output as int64, and how many numbers that is: both constants where it is static.

    Args:
        b: the node's builder.
        shape: what the graph computes it as.
    """
    static = b.shape_of(b.node.output[0])
    if static is None or min(static, default=0) < 0:
        shape = shape.cast(np.int64)
        return shape, b("ReduceProd", shape, keepdims=0)
    return b.integers(*static), math.prod(static)


def _check_algorithm(b: Builder) -> None:
    """Where the algorithm is an input, it is the one that TensorFlow chose for a CPU: Philox."""
    algorithm = b.node.inputs[3]
    if algorithm.is_const() and int(algorithm.get_tensor_value()) not in (_PHILOX, _AUTOMATIC):
        raise ConversionError(
            f"{b.node.type} (node {b.node.name!r}) needs alg 'philox' or 'auto_select', as TensorFlow on a CPU does. "
            f"Received: alg={algorithm.get_tensor_value()}"
        )
