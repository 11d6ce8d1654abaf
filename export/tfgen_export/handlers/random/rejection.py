"""Draws that are repeated until they are accepted."""

from collections.abc import Callable, Sequence

import numpy as np

from tfgen_export.handlers.builder import Builder
from tfgen_export.handlers.random.draw import Draw
from tfgen_export.handlers.random.philox import random_bits
from tfgen_export.handlers.random.uniform import uniform_64
from tfgen_export.handlers.value import Value

__all__ = ["RESERVED", "Attempt", "Streams", "reject"]

RESERVED = 256
"""Groups of 128 bits that TensorFlow sets aside for each stream, and as many attempts as are ever needed."""

Attempt = Callable[..., tuple[Value, Value, Sequence[Value]]]
"""From the attempt's number (int64, a scalar), the rows that are left (int64, [m]) and their states: whether each row
is accepted ([m]), the values [m, …] where it is, and the states for the next attempt."""


class Streams:
    """The streams of a draw in which each number has one of its own, for how much of it is used varies.

    The output is [samples, parameters], but the streams come in the order of its transpose.

    Args:
        b: where the nodes go.
        draw: the draw.
        parameters: int64, a scalar: how many there are.
    """

    def __init__(self, b: Builder, draw: Draw, parameters: Value) -> None:
        self._b, self._draw = b, draw
        # A division by 0 would end the process.
        self._parameters = b("Max", parameters, 1)
        self._samples = draw.size / self._parameters

    def at(self, rows: Value) -> tuple[Value, Value]:
        """Which parameter each entry of the output has (int64), and its stream's number (uint64): as `rows`, [m]."""
        parameter = self._b("Mod", rows, self._parameters)
        return parameter, (parameter * self._samples + rows / self._parameters).cast(np.uint64)

    def uniforms(self, index: Value) -> tuple[Value, Value]:
        """Two uniforms of float64 from each group of 128 bits, [m], in the order in which TensorFlow uses them."""
        b, draw = self._b, self._draw
        pair = uniform_64(*random_bits(b, draw.key, draw.counter, b("Unsqueeze", index, b.integers(0))))
        first, second = (b("Gather", pair, b.constant(place, np.int64), axis=0) for place in (1, 0))
        return first, second

    def draw(self, attempt: Attempt, states: Sequence[float | np.generic]) -> Value:
        """The output by rejection, in float64, NaN where nothing was accepted; `states` start as these numbers."""
        b = self._b
        shape = b("Reshape", self._draw.size, b.integers(1))
        unknown, *first = (b("Expand", b.constant(value, np.result_type(value)), shape) for value in (np.nan, *states))
        return self._draw.shaped(reject(b, attempt, unknown, first))


def reject(b: Builder, attempt: Attempt, result: Value, states: Sequence[Value]) -> Value:
    """Fills rows by attempts, each on those rows only that none was accepted for yet, until there are none.

    Args:
        b: where the nodes go.
        attempt: see `Attempt`.
        result: [n, …]; what a row holds stays where none of 256 attempts was accepted.
        states: what each row carries from attempt to attempt, [n, …].
    """

    def body(step: Value, result: Value, rows: Value, *states: Value) -> tuple[Value, list[Value]]:
        accepted, values, states_after = attempt(step, rows, *states)
        taken = b("Unsqueeze", b("Compress", rows, accepted, axis=0), b.integers(1))
        result = b("ScatterND", result, taken, b("Compress", values, accepted, axis=0))
        rows, *kept = (b("Compress", value, ~accepted, axis=0) for value in (rows, *states_after))
        return b("Size", rows) > 0, [result, rows, *kept]

    count = b("Squeeze", b("Shape", result, start=0, end=1), b.integers(0))
    rows = b("Range", b.constant(0, np.int64), count, b.constant(1, np.int64))
    return b.loop(body, [result, rows, *states], count=RESERVED)[0]
